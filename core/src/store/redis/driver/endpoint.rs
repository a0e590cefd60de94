//! Where a node listens.

use std::fmt;
use std::path::PathBuf;

/// The port of a server whose URL names none.
pub(super) const DEFAULT_PORT: u16 = 6379;
/// The port of a sentinel whose URL names none.
pub(super) const DEFAULT_SENTINEL_PORT: u16 = 26379;

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

impl Endpoint {
    /// Reads `host`, `host:port` or `[v6 address]:port`.
    pub(super) fn parse(text: &str, default_port: u16) -> Option<Self> {
        let url = url::Url::parse(&format!("redis://{text}")).ok()?;
        let host = match url.host()? {
            url::Host::Domain(name) => name.to_owned(),
            url::Host::Ipv4(address) => address.to_string(),
            // Without the brackets, as a resolver wants it.
            url::Host::Ipv6(address) => address.to_string(),
        };
        let is_whole = url.path().is_empty() && url.query().is_none() && url.username().is_empty();
        let port = url.port().unwrap_or(default_port);
        (is_whole && !host.is_empty()).then_some(Self::Tcp { host, port })
    }

    /// Reads the target of a redirection: an empty or unknown host is that of `answered`.
    pub(super) fn redirected(target: &str, answered: &Self) -> Option<Self> {
        let (host, port) = target.rsplit_once(':')?;
        let port = port.parse().ok()?;
        match answered {
            Self::Tcp { host: known, .. } if host.is_empty() || host == "?" => {
                Some(Self::Tcp { host: known.clone(), port })
            }
            _ => Some(Self::Tcp { host: host.to_owned(), port }),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(out, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(out, "{host}:{port}"),
            Self::Unix(path) => write!(out, "{}", path.display()),
        }
    }
}
