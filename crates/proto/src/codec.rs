//! The codec of the service: protobuf, with a message that does not parse refused as the caller's
//! fault.
//!
//! tonic's own codec answers INTERNAL for a message that is not protobuf or holds text that is not
//! UTF-8. That would blame the server for what the caller sent.

use std::marker::PhantomData;
use std::sync::Arc;

use prost::Message;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};

use crate::{Reason, Refusal};

/// A message that could not be read as the type it must have.
///
/// It is the source of the [`Status`] made where the message was read, and never travels: a client
/// that finds it knows that the answer, and not its own request, was malformed.
#[derive(Debug, thiserror::Error)]
#[error("message is not of the declared protobuf type: {0}")]
pub struct MessageMalformed(#[from] prost::DecodeError);

/// Encodes `T` and decodes `U`, for generated code.
#[derive(Debug)]
pub(crate) struct LedgerCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for LedgerCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for LedgerCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = LedgerDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::default().encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        LedgerDecoder(PhantomData)
    }
}

/// Decodes `U`, or says that it is malformed.
#[derive(Debug)]
pub(crate) struct LedgerDecoder<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for LedgerDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(bytes).map(Some).map_err(|error| {
            let error = MessageMalformed::from(error);
            let refusal = Refusal::new(Reason::RequestMalformed, error.to_string());
            let mut status = Status::from(refusal);
            status.set_source(Arc::new(error));
            status
        })
    }
}
