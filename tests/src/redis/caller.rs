//! A caller of a script that shows whether calls go astray, get lost or are made twice.

use std::ops::Deref;
use std::time::Duration;

use fairlane::store::redis::driver::{Address, Calls};
use fairlane::store::redis::protocol::{Reply, Request, Script};
use fairlane::{QueueOptions, Result};

/// The key that counts the calls that were carried out.
pub const COUNT: &str = "{t}:count";

/// Counts a call, unless it repeats one that was counted.
static ECHO: Script = Script::new(
    "echo",
    &["local number, last = string.sub(ARGV[1], 1, 8), KEYS[1] .. ':last'
     local is_repeated = #ARGV[1] > 8
     if not is_repeated or redis.call('HGET', last, ARGV[2]) ~= number then
         redis.call('INCR', KEYS[1])
     end
     redis.call('HSET', last, ARGV[2], number)
     return {ARGV[3], is_repeated and 1 or 0}"],
);

/// Calls of the driver, with a script of their own.
#[derive(Debug)]
pub struct Caller(Calls);

impl Caller {
    /// Makes calls that may go on trying for 20 s.
    pub fn new(url: &str) -> Self {
        Self::with(url, |options| options.busy_timeout = Duration::from_secs(20))
    }

    /// Makes calls with options.
    pub fn with(url: &str, change: impl FnOnce(&mut QueueOptions)) -> Self {
        let mut options = QueueOptions::default();
        change(&mut options);
        let address = Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        Self(Calls::new(address, &options).expect("calls"))
    }

    /// Has a word sent back; tells whether the server was told that it repeats a call.
    pub fn echo(&self, word: &str) -> Result<bool> {
        let mut request = Request::new(&ECHO, COUNT.as_bytes());
        request.args.push(word.as_bytes().to_vec());
        match self.0.call(request)? {
            Reply::List(parts) => {
                assert_eq!(parts[0], Reply::Bytes(word.as_bytes().to_vec()), "went astray");
                Ok(parts[1] == Reply::Int(1))
            }
            other => panic!("{other:?}"),
        }
    }

    /// Has words of its own sent back to each of `threads` threads, `turns` times.
    pub fn echo_from(&self, threads: usize, turns: usize) {
        std::thread::scope(|scope| {
            for number in 0..threads {
                scope.spawn(move || {
                    for turn in 0..turns {
                        self.echo(&format!("{number}-{turn}")).expect("echo");
                    }
                });
            }
        });
    }
}

impl Deref for Caller {
    type Target = Calls;

    fn deref(&self) -> &Calls {
        &self.0
    }
}
