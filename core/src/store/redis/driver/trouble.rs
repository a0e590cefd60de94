//! Why a connection did not do what it was asked.

use std::io;

use crate::error::{Error, ErrorCode};
use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::protocol::ServerError;

/// Why a connection did not do what it was asked.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// It could not be made, or it broke: another may do better.
    Broken { endpoint: Endpoint, words: String },
    /// The server did not answer in time.
    Silent { endpoint: Endpoint },
    /// The server answered with an error that may pass.
    Refused(ServerError),
    /// Nothing that a further try would mend.
    Final(Error),
}

impl Trouble {
    /// Reads a failure of the socket to `endpoint`.
    pub(super) fn of(endpoint: &Endpoint, error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if inner.is_some_and(is_lasting) {
            return Self::Final(Error::invalid(format!(
                "encrypted connection to redis server at {endpoint} was refused: {error}: accepted \
                 are certificates of a trusted authority, see the url's cacert, cert and key"
            )));
        }
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                Self::Silent { endpoint: endpoint.clone() }
            }
            _ => Self::broken(endpoint, error.to_string()),
        }
    }

    pub(super) fn broken(endpoint: &Endpoint, words: impl Into<String>) -> Self {
        Self::Broken { endpoint: endpoint.clone(), words: words.into() }
    }
}

/// Tells whether a further try would fail in the same way.
fn is_lasting(error: &rustls::Error) -> bool {
    use rustls::Error as Tls;
    matches!(
        error,
        Tls::InvalidCertificate(_)
            | Tls::AlertReceived(_)
            | Tls::PeerIncompatible(_)
            | Tls::InvalidMessage(_)
    )
}

impl From<Trouble> for Error {
    /// Says it to a caller for whom no time is left.
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Broken { endpoint, words } => Error::new(
                ErrorCode::ConnectionLost,
                format!("connection to redis server at {endpoint} was lost: {words}"),
            ),
            Trouble::Silent { endpoint } => Error::new(
                ErrorCode::Timeout,
                format!("redis server at {endpoint} did not answer in time"),
            ),
            Trouble::Refused(error) => error.error(),
            Trouble::Final(error) => error,
        }
    }
}
