//! A proxy between a client and a server that can lose a reply.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Passes on everything, except replies that it was told to lose. Its threads end with their
/// connections, and the listening one with the process.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    losing: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens on a free port for connections to a port of this machine.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind");
        let port = listener.local_addr().expect("address").port();
        let losing = Arc::new(AtomicUsize::new(0));
        let shared = Arc::clone(&losing);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is away: the client sees its connection end.
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else {
                    continue;
                };
                pass_both_ways(&client, &server, &shared);
            }
        });
        Self { port, losing }
    }

    /// Gives the address that leads through it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Cuts the next `count` connections on which the server answers, before the answer.
    pub fn lose_replies(&self, count: usize) {
        self.losing.store(count, Ordering::SeqCst);
    }

    /// Tells how many replies are still to be lost.
    pub fn left_to_lose(&self) -> usize {
        self.losing.load(Ordering::SeqCst)
    }
}

fn pass_both_ways(client: &TcpStream, server: &TcpStream, losing: &Arc<AtomicUsize>) {
    let copy = |stream: &TcpStream| stream.try_clone().expect("clone");
    let (from, to) = (copy(client), copy(server));
    thread::spawn(move || pass(from, to, || false));
    let (from, to, losing) = (copy(server), copy(client), Arc::clone(losing));
    let take = |left: usize| left.checked_sub(1);
    thread::spawn(move || {
        pass(from, to, || losing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok());
    });
}

/// Passes bytes on until either side ends, or `cuts` says so before they are passed on.
fn pass(mut from: TcpStream, mut to: TcpStream, cuts: impl Fn() -> bool) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(count) if count > 0 && !cuts() => {
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            _ => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
