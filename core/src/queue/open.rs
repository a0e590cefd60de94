//! Opening: from a URL to a store.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorCode, Result};
use crate::job::validate_name;
use crate::options::QueueOptions;
use crate::queue::Queue;
use crate::store::Store;
#[cfg(feature = "redis")]
use crate::store::redis::{RedisStore, driver::Address, open_shards};
#[cfg(feature = "sqlite")]
use crate::store::sqlite::SqliteStore;

impl Queue {
    /// Opens a queue by URL and name with default options; see [`Queue::open_with`].
    ///
    /// # Errors
    /// As [`Queue::open_with`].
    pub fn open(url: &str, name: &str) -> Result<Self> {
        Self::open_with(url, name, QueueOptions::default())
    }

    /// Opens a queue by URL and name; makes it if there is none, unless
    /// [`QueueOptions::create`] is off.
    ///
    /// - `jobs.db`, `sqlite:jobs.db`, `sqlite:///var/lib/jobs.db`: a file. Any number of queues,
    ///   handles and processes of one machine may share it; not over a network file system.
    /// - `memory:`: a queue of this handle and its clones, gone with the last of them.
    /// - `redis://host:6379/0` and its kin ([`crate::store::redis::driver::Address::parse`] lists
    ///   them): a queue on a server, shared by any number of machines. Connects at the first call.
    ///   With `?shards=N` it is spread over a cluster: [`crate::store::sharded`] tells what changes.
    ///
    /// # Errors
    /// `InvalidArgument` for a URL, name or option that is not accepted; `Corrupt` for a file that
    /// is not a database; `VersionMismatch` for a file of a newer release; `Unavailable` for a file
    /// that cannot be opened or written.
    pub fn open_with(url: &str, name: &str, options: QueueOptions) -> Result<Self> {
        validate_name("queue", name)?;
        options.validate()?;
        let place = Place::parse(url)?;
        if !options.create {
            place.check_exists()?;
        }
        let store = open_store(&place, name, &options)?;
        Self::on(store, name, &options)
    }
}

/// Gives a URL that leads from any folder to where `url` leads from this one.
#[cfg(feature = "cli")]
pub(crate) fn absolute_url(url: &str) -> std::io::Result<std::ffi::OsString> {
    match Place::parse(url).map_err(std::io::Error::other)? {
        Place::Memory | Place::Redis(_) => Ok(url.into()),
        Place::File(path) => {
            let mut url = std::ffi::OsString::from("sqlite:");
            url.push(std::path::absolute(path)?);
            Ok(url)
        }
    }
}

/// Where a store lives.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Memory,
    File(PathBuf),
    /// The whole URL, which the driver reads.
    Redis(String),
}

/// What is said where a URL is not accepted.
const ACCEPTED: &str = "accepted are a path, sqlite:PATH, memory: and redis://HOST";

impl Place {
    fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = match url.split_once(':') {
            // A single letter is the drive of a Windows path.
            Some((scheme, rest)) if scheme.len() > 1 && !scheme.contains(['/', '\\', '.']) => {
                (scheme, rest)
            }
            _ => ("sqlite", url),
        };
        match scheme {
            "memory" if rest.is_empty() => Ok(Self::Memory),
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" {
                    return Err(Error::invalid(format!("url {url:?} names no file: {ACCEPTED}")));
                }
                Ok(Self::File(path.into()))
            }
            _ if is_redis(scheme) => Ok(Self::Redis(url.to_owned())),
            _ => Err(Error::invalid(format!("url scheme {scheme:?} is not known: {ACCEPTED}"))),
        }
    }

    fn check_exists(&self) -> Result<()> {
        match self {
            Self::File(path) if !path.exists() => Err(Error::new(
                ErrorCode::Unavailable,
                format!("file {path:?} does not exist: a push makes it"),
            )),
            Self::File(_) | Self::Memory | Self::Redis(_) => Ok(()),
        }
    }
}

/// Tells whether a scheme is one that the Redis driver reads.
fn is_redis(scheme: &str) -> bool {
    matches!(scheme.split('+').next(), Some("redis" | "rediss")) || scheme == "unix"
}

#[cfg_attr(
    not(any(feature = "sqlite", feature = "redis")),
    expect(unused_variables, reason = "a build without a store opens none")
)]
fn open_store(place: &Place, name: &str, options: &QueueOptions) -> Result<Arc<dyn Store>> {
    match place {
        #[cfg(feature = "sqlite")]
        Place::Memory => Ok(Arc::new(SqliteStore::in_memory(name, options)?)),
        #[cfg(feature = "sqlite")]
        Place::File(path) => Ok(Arc::new(SqliteStore::open(path, name, options)?)),
        #[cfg(not(feature = "sqlite"))]
        Place::Memory | Place::File(_) => Err(not_built("the embedded store", "sqlite")),
        #[cfg(feature = "redis")]
        Place::Redis(url) => open_redis(Address::parse(url)?, name, options),
        #[cfg(not(feature = "redis"))]
        Place::Redis(_) => Err(not_built("the Redis store", "redis")),
    }
}

#[cfg(feature = "redis")]
fn open_redis(address: Address, name: &str, options: &QueueOptions) -> Result<Arc<dyn Store>> {
    match address.shards() {
        1 => Ok(Arc::new(RedisStore::open(address, name, options)?)),
        _ => Ok(Arc::new(open_shards(&address, name, options)?)),
    }
}

#[cfg(not(all(feature = "sqlite", feature = "redis")))]
fn not_built(what: &str, feature: &str) -> Error {
    let message = format!("this build is without {what}: enable the feature {feature}");
    Error::new(ErrorCode::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_files_and_memory() {
        let file = |path: &str| Place::File(path.into());
        for (url, place) in [
            ("jobs.db", file("jobs.db")),
            ("./a:b.db", file("./a:b.db")),
            ("/var/jobs.db", file("/var/jobs.db")),
            ("sqlite:jobs.db", file("jobs.db")),
            ("sqlite:///var/jobs.db", file("/var/jobs.db")),
            (r"C:\jobs.db", file(r"C:\jobs.db")),
            ("memory:", Place::Memory),
            ("redis://host/1", Place::Redis("redis://host/1".into())),
            ("rediss+sentinel://a,b/m", Place::Redis("rediss+sentinel://a,b/m".into())),
        ] {
            assert_eq!(Place::parse(url).unwrap(), place, "{url}");
        }
    }

    #[test]
    fn a_file_is_not_made_where_none_is_wanted() {
        let missing = Place::File("no/such/jobs.db".into()).check_exists().unwrap_err();
        assert_eq!(missing.code(), ErrorCode::Unavailable);
        assert_eq!(missing.message(), r#"file "no/such/jobs.db" does not exist: a push makes it"#);
        assert!(Place::File("Cargo.toml".into()).check_exists().is_ok());
        assert!(Place::Memory.check_exists().is_ok());
    }

    #[test]
    fn other_urls_are_refused_by_name() {
        for (url, code) in [
            ("", ErrorCode::InvalidArgument),
            ("sqlite:", ErrorCode::InvalidArgument),
            ("amqp://host", ErrorCode::InvalidArgument),
            ("redistribute://host", ErrorCode::InvalidArgument),
        ] {
            assert_eq!(Place::parse(url).unwrap_err().code(), code, "{url}");
        }
    }
}
