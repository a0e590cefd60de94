//! From a URL to where and as whom to connect.

use std::sync::Arc;

use url::Url;

use crate::error::{Error, Result};
use crate::store::redis::driver::endpoint::{DEFAULT_PORT, DEFAULT_SENTINEL_PORT, Endpoint};
use crate::store::redis::driver::login::{Login, decode};
use crate::store::redis::driver::tls::Tls;
use crate::store::redis::driver::waiting::Waiting;
use crate::store::redis::protocol::MAX_SHARDS;

/// Where the server is, and who connects.
#[derive(Debug, Clone)]
pub struct Address {
    pub(super) place: Place,
    pub(super) login: Login,
    pub(super) sentinel_login: Login,
    pub(super) database: u32,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) waiting: Waiting,
    shards: usize,
}

/// How the node that serves writes is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// It is this one.
    Node(Endpoint),
    /// Sentinels know it by the name of its group.
    Sentinels { sentinels: Vec<Endpoint>, master: String },
    /// Any node of the cluster knows it.
    Cluster { seeds: Vec<Endpoint> },
}

impl Address {
    /// Reads a URL. `s` after `redis` means TLS; user and password are percent-encoded.
    ///
    /// - `redis://user:password@host:port/database`, `rediss://...`
    /// - `redis+unix:///path?db=0&user=...&pass=...`, `unix://...`
    /// - `redis+sentinel://host:port,host:port/master/database`, `rediss+sentinel://...`, with
    ///   `sentinel_user` and `sentinel_pass` for the sentinels themselves
    /// - `redis+cluster://host:port,host:port`, `rediss+cluster://...`
    ///
    /// Parameters of all: `shards=4` spreads the queue over that many parts, each on one node of the
    /// cluster ([`crate::store::sharded`] says what that changes), 1 by default, at most
    /// [`MAX_SHARDS`], and the same for ever; `wait=poll` or `wait=poll:MILLISECONDS` for proxies
    /// without blocking commands. With TLS: `cacert`, `cert` and `key` name files in PEM form: the authorities to be
    /// trusted instead of the system's, the client's certificate and its key.
    ///
    /// # Errors
    /// `InvalidArgument` says what is wrong with the URL, never what its password is.
    pub fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| {
            Error::invalid("url of a redis server lacks \"://\": accepted is redis://host:port")
        })?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if tail.contains('@') {
            return Err(Error::invalid(
                "url holds an @ behind the host: /, ?, # and @ in a user, password or path are \
                 written %2F, %3F, %23 and %40",
            ));
        }
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Login::parse(login)?, hosts),
            None => (Login::default(), authority),
        };
        // The host is read apart: there may be several.
        let tail = Url::parse(&format!("redis://host{tail}"))
            .map_err(|error| Error::invalid(format!("url is not accepted: {error}")))?;
        let parts = Parts { hosts, tail: &tail };
        let (scheme, is_tls) = match scheme {
            "unix" => ("redis+unix", false),
            _ => match scheme.strip_prefix("rediss") {
                Some(kind) => (&*format!("redis{kind}"), true),
                None => (scheme, false),
            },
        };
        let mut address = match scheme {
            "redis" => Self::at(parts.node()?, parts.database(parts.segments()?)?),
            "redis+unix" if !is_tls => parts.unix()?,
            "redis+sentinel" => parts.sentinels()?,
            "redis+cluster" => parts.cluster()?,
            _ => {
                return Err(Error::invalid(format!(
                    "url scheme {scheme:?} is not known: accepted are redis, rediss, redis+unix, \
                     redis+sentinel and redis+cluster"
                )));
            }
        };
        if login != Login::default() {
            address.login = login;
        }
        address.read_parameters(&tail, is_tls)?;
        Ok(address)
    }

    fn at(place: Place, database: u32) -> Self {
        Self {
            place,
            login: Login::default(),
            sentinel_login: Login::default(),
            database,
            tls: None,
            waiting: Waiting::Block,
            shards: 1,
        }
    }

    /// Gives the number of shards that the queue is spread over.
    pub fn shards(&self) -> usize {
        self.shards
    }

    fn read_parameters(&mut self, tail: &Url, is_tls: bool) -> Result<()> {
        let (mut authorities, mut certificate, mut key) = (None, None, None);
        let is_unix = matches!(self.place, Place::Node(Endpoint::Unix(_)));
        let is_sentinel = matches!(self.place, Place::Sentinels { .. });
        for (name, value) in tail.query_pairs() {
            let value = value.into_owned();
            match &*name {
                "wait" => self.waiting = Waiting::parse(&value)?,
                "shards" => self.shards = shards(&value)?,
                "cacert" if is_tls => authorities = Some(value.into()),
                "cert" if is_tls => certificate = Some(value.into()),
                "key" if is_tls => key = Some(value.into()),
                "db" if is_unix => self.database = database(&value)?,
                "user" if is_unix => self.login.user = Some(value),
                "pass" if is_unix => self.login.password = Some(value),
                "sentinel_user" if is_sentinel => self.sentinel_login.user = Some(value),
                "sentinel_pass" if is_sentinel => self.sentinel_login.password = Some(value),
                _ => {
                    return Err(Error::invalid(format!(
                        "url parameter {name:?} is not known here: accepted are wait and shards, \
                         with rediss cacert, cert and key, with redis+unix db, user and pass, \
                         with redis+sentinel sentinel_user and sentinel_pass"
                    )));
                }
            }
        }
        if is_tls {
            self.tls = Some(Arc::new(Tls::new(authorities, certificate, key)?));
        }
        Ok(())
    }
}

/// The parts of a URL that mean different things in different schemes.
struct Parts<'a> {
    hosts: &'a str,
    tail: &'a Url,
}

impl Parts<'_> {
    fn endpoints(&self, default_port: u16) -> Result<Vec<Endpoint>> {
        let endpoint = |(index, host): (usize, &str)| {
            // The text is not shown: in a URL that lacks the @ it may be the password.
            Endpoint::parse(host, default_port).ok_or_else(|| {
                Error::invalid(format!(
                    "host {} of the url is not accepted: accepted are host, host:port and \
                     [v6 address]:port, a password's special characters as %xx",
                    index + 1
                ))
            })
        };
        self.hosts.split(',').enumerate().map(endpoint).collect()
    }

    fn node(&self) -> Result<Place> {
        match &*self.endpoints(DEFAULT_PORT)? {
            [endpoint] => Ok(Place::Node(endpoint.clone())),
            _ => Err(Error::invalid(
                "url names several hosts: accepted with redis+sentinel and redis+cluster only",
            )),
        }
    }

    /// Gives the parts of the path, percent-decoded, without empty ones.
    fn segments(&self) -> Result<Vec<String>> {
        let segments = self.tail.path().split('/').filter(|segment| !segment.is_empty());
        segments.map(decode).collect()
    }

    fn database(&self, segments: Vec<String>) -> Result<u32> {
        match &*segments {
            [] => Ok(0),
            [text] => database(text),
            _ => Err(Error::invalid(format!(
                "path {:?} of the url is not accepted: accepted is a database number",
                self.tail.path()
            ))),
        }
    }

    fn unix(&self) -> Result<Address> {
        let path = decode(self.tail.path())?;
        if !self.hosts.is_empty() || path.len() < 2 {
            return Err(Error::invalid(
                "url names no socket: accepted is redis+unix:///path/of/socket",
            ));
        }
        Ok(Address::at(Place::Node(Endpoint::Unix(path.into())), 0))
    }

    fn sentinels(&self) -> Result<Address> {
        let sentinels = self.endpoints(DEFAULT_SENTINEL_PORT)?;
        let mut segments = self.segments()?;
        if segments.is_empty() {
            return Err(Error::invalid(
                "url names no master: accepted is redis+sentinel://host:port,host:port/master",
            ));
        }
        let master = segments.remove(0);
        let database = self.database(segments)?;
        Ok(Address::at(Place::Sentinels { sentinels, master }, database))
    }

    fn cluster(&self) -> Result<Address> {
        let seeds = self.endpoints(DEFAULT_PORT)?;
        if self.database(self.segments()?)? != 0 {
            return Err(Error::invalid("url names a database: a cluster has database 0 alone"));
        }
        Ok(Address::at(Place::Cluster { seeds }, 0))
    }
}

fn shards(text: &str) -> Result<usize> {
    let number = text.parse().ok().filter(|number| (1..=MAX_SHARDS).contains(number));
    number.ok_or_else(|| {
        Error::invalid(format!(
            "url parameter shards {text:?} is not accepted: accepted are 1 to {MAX_SHARDS}"
        ))
    })
}

fn database(text: &str) -> Result<u32> {
    text.parse().map_err(|_| {
        Error::invalid(format!(
            "database {text:?} of the url is not a number: accepted is 0 or more"
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tcp(host: &str, port: u16) -> Endpoint {
        Endpoint::Tcp { host: host.to_owned(), port }
    }

    #[test]
    fn urls_say_where_and_as_whom() {
        let address = Address::parse("redis://us%65r:p%40ss%2F@host:7000/3?wait=poll").unwrap();
        assert_eq!(address.place, Place::Node(tcp("host", 7000)));
        assert_eq!(address.login.user.as_deref(), Some("user"));
        assert_eq!(address.login.password.as_deref(), Some("p@ss/"));
        assert_eq!(
            (address.database, address.waiting),
            (3, Waiting::Poll(Duration::from_millis(100)))
        );
        assert!(address.tls.is_none());
        assert_eq!(address.shards(), 1);
        assert_eq!(Address::parse("redis+cluster://a,b?shards=4").unwrap().shards(), 4);
        for (url, place) in [
            ("redis://host", Place::Node(tcp("host", 6379))),
            ("redis://:word@10.0.0.1:1/", Place::Node(tcp("10.0.0.1", 1))),
            ("redis://[::1]:7000/0", Place::Node(tcp("::1", 7000))),
            ("unix:///run/redis.sock?db=2", Place::Node(Endpoint::Unix("/run/redis.sock".into()))),
            ("redis+unix:///a%20b", Place::Node(Endpoint::Unix("/a b".into()))),
            (
                "redis+sentinel://a,b:1/mine/2?sentinel_pass=x",
                Place::Sentinels {
                    sentinels: vec![tcp("a", 26379), tcp("b", 1)],
                    master: "mine".to_owned(),
                },
            ),
            (
                "redis+cluster://me:word@a:1,b:2",
                Place::Cluster { seeds: vec![tcp("a", 1), tcp("b", 2)] },
            ),
        ] {
            assert_eq!(Address::parse(url).unwrap().place, place, "{url}");
        }
    }

    #[test]
    fn wrong_urls_are_refused_without_showing_a_password() {
        for (url, reason) in [
            ("redis:host", "lacks"),
            ("redis://", "host 1"),
            ("redis://host:port", "host 1"),
            ("redis://user:secret", "host 1"),
            ("redis://user:se/secret@host", "%2F"),
            ("redis://user:secret@a,b", "several hosts"),
            ("redis://user:secret@host/one", "database \"one\""),
            ("redis://user:secret@host/1/2", "path \"/1/2\""),
            ("redis://user:secret@host?size=1", "parameter \"size\""),
            ("redis://user:secret@host?cacert=ca.pem", "parameter \"cacert\""),
            ("redis://user:secret@host?wait=long", "wait \"long\""),
            ("redis://user:secret@host?wait=poll:0", "wait \"poll:0\""),
            ("redis://user:secret@host?shards=0", "shards \"0\""),
            ("redis+cluster://user:secret@host?shards=65", "shards \"65\""),
            ("redis+unix://host/path?pass=secret", "no socket"),
            ("rediss+unix:///path", "scheme"),
            ("redis+sentinel://user:secret@host", "no master"),
            ("redis+cluster://user:secret@host/1", "database 0 alone"),
            ("rediss://user:secret@host?cert=c.pem", "both or neither"),
            ("rediss://user:secret@host?cacert=/no/such.pem", "such.pem"),
            ("amqp://user:secret@host", "scheme \"amqp\""),
        ] {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.code(), crate::ErrorCode::InvalidArgument, "{url}");
            assert!(error.message().contains(reason), "{url}: {error}");
            assert!(!error.message().contains("secret"), "{url}: {error}");
        }
        let address = Address::parse("redis://user:secret@host").unwrap();
        assert!(!format!("{address:?}").contains("secret"), "{address:?}");
    }
}
