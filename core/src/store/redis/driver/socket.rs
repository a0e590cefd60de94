//! One socket, of whatever kind.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::fd::{AsFd, BorrowedFd};
use socket2::{SockRef, TcpKeepalive};

#[cfg(not(unix))]
use crate::error::{Error, ErrorCode};
use crate::store::redis::driver::closing::SLICE;
use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::driver::tls::{Tls, TlsStream};
use crate::store::redis::driver::trouble::Trouble;

/// A peer that is gone without a word is noticed after about 10 s, also by a waiter that has
/// nothing to send.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);

/// A connected socket.
///
/// It is dropped without a word, so that a child of a fork may drop its copy and the parent go on
/// with the connection.
pub(super) struct Socket {
    stream: Stream,
    /// The read timeout that is set.
    timeout: Duration,
}

enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream>),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Connects within `timeout`. Names are resolved by the system, in the time that takes.
    pub(super) fn connect(
        endpoint: &Endpoint,
        tls: Option<&Tls>,
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        let trouble = |error: io::Error| Trouble::of(endpoint, &error);
        let stream = match endpoint {
            Endpoint::Tcp { host, port } => {
                let tcp = connect_tcp(host, *port, timeout).map_err(trouble)?;
                match tls {
                    None => Stream::Tcp(tcp),
                    Some(tls) => {
                        Stream::Tls(Box::new(tls.wrap(host, tcp).map_err(Trouble::Final)?))
                    }
                }
            }
            #[cfg(unix)]
            Endpoint::Unix(path) => Stream::Unix(UnixStream::connect(path).map_err(trouble)?),
            #[cfg(not(unix))]
            Endpoint::Unix(_) => {
                return Err(Trouble::Final(Error::new(
                    ErrorCode::Unsupported,
                    format!("{endpoint} is a unix socket, which this platform does not have"),
                )));
            }
        };
        let socket = Self { stream, timeout: SLICE };
        socket.set_timeouts().map_err(trouble)?;
        Ok(socket)
    }

    /// Lets a read wait for `timeout` at most, before it gives `WouldBlock` or `TimedOut`.
    pub(super) fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        // A timeout of nothing would mean for ever.
        let timeout = timeout.max(Duration::from_millis(1));
        if timeout != self.timeout {
            self.timeout = timeout;
            self.set_timeouts()?;
        }
        Ok(())
    }

    /// Lends it to the system's way to wait for several. Of an encrypted one nothing is read ahead
    /// while an answer is awaited, so that its bytes tell of the answer.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            Stream::Tcp(stream) => stream.as_fd(),
            Stream::Tls(stream) => stream.get_ref().as_fd(),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.as_fd(),
        }
    }

    fn set_timeouts(&self) -> io::Result<()> {
        let (read, write) = (Some(self.timeout), Some(SLICE));
        let tcp = match &self.stream {
            Stream::Tcp(stream) => stream,
            Stream::Tls(stream) => stream.get_ref(),
            #[cfg(unix)]
            Stream::Unix(stream) => {
                stream.set_read_timeout(read)?;
                return stream.set_write_timeout(write);
            }
        };
        tcp.set_read_timeout(read)?;
        tcp.set_write_timeout(write)
    }
}

fn connect_tcp(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let deadline = Instant::now() + timeout;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "host has no address");
    for address in (host, port).to_socket_addrs()? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                let keepalive =
                    TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL);
                SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Repeats what a signal interrupted.
fn whole<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        whole(|| match &mut self.stream {
            Stream::Tcp(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.read(buffer),
        })
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        whole(|| match &mut self.stream {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.write(bytes),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        whole(|| match &mut self.stream {
            Stream::Tcp(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.flush(),
        })
    }
}
