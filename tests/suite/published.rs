//! A web server over the folder of an export, for as long as a test needs it, with answers on demand in place of its files.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A status, headers with their line ends, and a body.
pub(crate) type Said = (u16, String, Vec<u8>);

type Rule = Box<dyn FnMut(&str, &[u8]) -> Option<Said> + Send>;

/// A running server.
pub(crate) struct Published {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    folder: PathBuf,
    rule: Rule,
}

impl Published {
    /// Serves the files in `folder` on a free port.
    pub(crate) fn start(folder: impl AsRef<Path>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            folder: folder.as_ref().to_owned(),
            rule: Box::new(|_, _| None),
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || answer_all(stream.unwrap(), &shared));
            }
        });
        Self { url, state }
    }

    /// Serves another folder from now on.
    pub(crate) fn show(&self, folder: impl AsRef<Path>) {
        let folder = folder.as_ref().to_owned();
        self.state.lock().unwrap().folder = folder;
    }

    /// What is asked first: for a path without its slash, and the body of the request.
    pub(crate) fn rule(&self, rule: impl FnMut(&str, &[u8]) -> Option<Said> + Send + 'static) {
        self.state.lock().unwrap().rule = Box::new(rule);
    }
}

fn answer_all(mut stream: TcpStream, state: &Mutex<State>) {
    while let Some((path, body)) = request(&mut stream) {
        let (status, headers, body) = {
            let mut state = state.lock().unwrap();
            let file = state.folder.join(&path);
            let said = (state.rule)(&path, &body);
            said.unwrap_or_else(|| match std::fs::read(file) {
                Ok(bytes) => (200, String::new(), bytes),
                Err(_) => (404, String::new(), b"no".to_vec()),
            })
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\n\r\n");
        if stream
            .write_all(&[head.into_bytes(), body].concat())
            .is_err()
        {
            return;
        }
    }
}

fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut one = [0; 1];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut one).ok()?;
        bytes.extend_from_slice(&one);
    }
    let head = String::from_utf8(bytes).ok()?.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |it| it.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.trim_start_matches('/');
    Some((path.to_owned(), body))
}
