//! A witness that lies in one way.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_tlog::signature_line;
use witnessmark_verifier::{
    Note, NoteAlgorithm, Origin, PublicKey, VerifierKey, cosignature_message,
};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// What it does instead of what it should.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lie {
    /// A signature that is not over the checkpoint.
    WrongBytes,
    /// Its second cosignature, and every later one, has an earlier time than the first.
    OldTime,
    /// A time of tomorrow.
    FarAhead,
    /// It says that it has seen a million entries.
    OtherSize,
}

/// A running liar. It ends with the test.
#[derive(Debug)]
pub(super) struct Liar {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) vkey: String,
}

impl Liar {
    /// Starts one with a key of its own.
    pub(super) fn start(how: Lie) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut seed = [9; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let secret = SigningKey::from_bytes(&seed);
        let name = format!("liar{number}.example");
        let key = VerifierKey::new(
            Origin::parse(&name).unwrap(),
            NoteAlgorithm::CosignatureEd25519,
            PublicKey::admit(secret.verifying_key().as_bytes()).unwrap(),
        );
        let vkey = key.to_string();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut asked = 0;
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                asked += 1;
                // Whoever asks may go away before the answer.
                drop(answer(stream, how, (&secret, &key), asked));
            }
        });
        Self { name, url, vkey }
    }
}

fn answer(
    mut stream: TcpStream,
    how: Lie,
    (secret, key): (&SigningKey, &VerifierKey),
    asked: u64,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    let (_, checkpoint) = body.split_once("\n\n").unwrap();
    let note = Note::parse(checkpoint).unwrap();
    let now = now_s();
    let time = match how {
        Lie::OldTime => now - asked * 100,
        Lie::FarAhead => now + 86_400,
        Lie::WrongBytes | Lie::OtherSize => now,
    };
    let text = match how {
        Lie::WrongBytes => "something else\n",
        Lie::OldTime | Lie::FarAhead | Lie::OtherSize => note.text(),
    };
    let signature = secret.sign(&cosignature_message(time, text)).to_bytes();
    let line = [time.to_be_bytes().as_slice(), &signature].concat();
    let line = signature_line(key.name(), key.key_id(), &line);
    let (status, kind, body) = match how {
        Lie::OtherSize => ("409 Conflict", "text/x.tlog.size", "1000000\n".to_owned()),
        Lie::WrongBytes | Lie::OldTime | Lie::FarAhead => ("200 OK", "text/plain", line),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "a witness has a clock of its own"
)]
fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}
