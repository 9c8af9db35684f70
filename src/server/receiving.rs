//! How many requests of one connection are received at once: the body of a call is not read before there is room for it.
//!
//! A message is kept until it is there whole. Without a bound a connection could begin as many as it may have calls and end none.
//! While there is no room, the window of the call is not opened, and HTTP/2 holds up the caller.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::OwnedSemaphorePermit;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

use super::peer::Peer;

/// Room for a request, kept until the call takes the message out of it.
#[derive(Debug, Clone)]
struct Room(
    #[expect(dead_code, reason = "it is held, and dropping it makes room")]
    Arc<OwnedSemaphorePermit>,
);

/// A service whose requests are received as there is room.
#[derive(Debug, Clone)]
pub(crate) struct Receiving<S>(S);

impl<S> Receiving<S> {
    /// The same service, with room for a few requests of each connection.
    pub(crate) const fn new(service: S) -> Self {
        Self(service)
    }
}

impl<S: NamedService> NamedService for Receiving<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Receiving<S>
where
    S: Service<http::Request<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Response: Send,
    S::Future: Send,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = BoxFuture<S::Response, Infallible>;

    /// The services of the generated code always are.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let mut service = self.0.clone();
        let peer = request.extensions().get::<Peer>().cloned();
        Box::pin(async move {
            if let Some(peer) = peer
                && let Some(room) = peer.room(request.uri().path()).await
            {
                request.extensions_mut().insert(Room(Arc::new(room)));
            }
            service.call(request).await
        })
    }
}
