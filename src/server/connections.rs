//! Accepts connections, as many at once as the server takes, and lets go of those on which nothing is said.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Sleep;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::limits::{ACCEPT_PAUSE, CONNECTIONS_MAX, GREETING_BYTES, GREETING_TIMEOUT};
use super::peer::Peer;

/// One connection, and its place among those that are allowed.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// Nothing once the caller has said enough.
    greeting: Option<Greeting>,
    peer: Peer,
    _place: OwnedSemaphorePermit,
}

/// What is still waited for before it is known which HTTP is spoken. The transport has limits of its own from then on.
#[derive(Debug)]
struct Greeting {
    bytes: usize,
    end: Pin<Box<Sleep>>,
}

impl Connection {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit, limit: Duration) -> Self {
        Self {
            stream,
            greeting: Some(Greeting {
                bytes: GREETING_BYTES,
                end: Box::pin(tokio::time::sleep(limit)),
            }),
            peer: Peer::new(),
            _place: place,
        }
    }
}

/// The connections that `listener` accepts. When all places are taken, callers wait in the system's
/// own queue until one is free.
pub(crate) fn accept(listener: TcpListener) -> ReceiverStream<io::Result<Connection>> {
    let (accepted, connections) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::spawn(async move {
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let connection = tokio::select! {
                connection = listener.accept() => connection,
                // Nobody serves any more; the port is free again.
                () = accepted.closed() => return,
            };
            let connection = connection.and_then(|(stream, _)| {
                stream.set_nodelay(true)?;
                Ok(Connection::new(stream, place, GREETING_TIMEOUT))
            });
            if let Err(error) = &connection {
                // The caller went away, or the process has no file left: then others must end
                // first.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
            if accepted.send(connection).await.is_err() {
                return;
            }
        }
    });
    ReceiverStream::new(connections)
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(greeting) = &mut self.greeting else {
            return read;
        };
        if read.is_pending() {
            ready!(greeting.end.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let said = buffer.filled().len().saturating_sub(before);
        greeting.bytes = greeting.bytes.saturating_sub(said);
        if greeting.bytes == 0 {
            self.greeting = None;
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    /// A caller who has said something, and the connection with him.
    async fn said(greeting: &[u8]) -> (TcpStream, Connection) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut caller = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        caller.write_all(greeting).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let place = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        (caller, Connection::new(stream, place, LIMIT))
    }

    #[tokio::test]
    async fn who_says_nothing_or_too_little_gives_his_place_to_others() {
        for greeting in [b"".as_slice(), b"PRI * HTTP"] {
            let (_caller, mut connection) = said(greeting).await;
            let mut heard = Vec::new();
            let error = connection.read_to_end(&mut heard).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert_eq!(heard, greeting);
        }
    }

    #[tokio::test]
    async fn who_has_spoken_may_be_silent() {
        let greeting = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let (_caller, mut connection) = said(greeting).await;
        let mut heard = [0; 24];
        connection.read_exact(&mut heard).await.unwrap();
        let more = tokio::time::timeout(LIMIT * 4, connection.read(&mut heard)).await;
        assert!(more.is_err(), "{more:?}");
    }
}
