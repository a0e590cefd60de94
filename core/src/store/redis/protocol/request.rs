//! One call of a script, ready to be sent by whatever client.

use std::borrow::Cow;

use super::script::Script;

/// A script with its key and arguments: `EVALSHA digest`, then [`Request::words`].
#[derive(Debug, Clone)]
pub struct Request {
    /// What runs.
    pub script: &'static Script,
    /// The one key that the script is given; all others share its hash tag.
    pub key: Vec<u8>,
    /// The arguments. The first two belong to the driver: see [`Request::repeated`] and
    /// [`Request::identify`].
    pub args: Vec<Vec<u8>>,
}

/// How many keys a script is given.
const KEYS: usize = 2;
/// The place of the number of the request among the arguments, with an `r` after it if it is
/// repeated.
const SEQUENCE: usize = 0;
/// The place of the row that remembers the connection's last push.
const LINK: usize = 1;

impl Request {
    /// Makes a request without arguments of its own.
    pub fn new(script: &'static Script, key: &[u8]) -> Self {
        Self { script, key: key.to_vec(), args: vec![vec![0; 8], Vec::new()] }
    }

    /// Gives what follows the digest: the number of keys, the keys, the arguments.
    ///
    /// The second key never exists. While a cluster moves a slot, a key that is not there may be on
    /// either node, and a script that came upon one would stop halfway. Of two keys that are named
    /// beforehand one is missing, so both nodes answer `TRYAGAIN` until the slot has moved, and no
    /// script begins.
    pub fn words(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let missing = [&self.key[..], b":none"].concat();
        let keys = [Cow::Borrowed(&b"2"[..]), Cow::Borrowed(&self.key[..]), Cow::Owned(missing)];
        keys.into_iter().chain(self.args.iter().map(|argument| Cow::Borrowed(&argument[..])))
    }

    /// Gives the words for carriers that take text alone, such as JSON: each byte of an argument is
    /// the character of that number, so that text of ASCII stays as it is.
    pub fn words_as_text(&self) -> impl Iterator<Item = String> {
        let names = 1 + KEYS;
        self.words().enumerate().map(move |(place, word)| {
            if place < names {
                String::from_utf8_lossy(&word).into_owned()
            } else {
                word.iter().map(|byte| char::from(*byte)).collect()
            }
        })
    }

    /// Says that an earlier sending of this very request may have been carried out, its reply lost.
    pub fn repeated(&mut self) {
        if let Some(sequence) = self.args.get_mut(SEQUENCE)
            && sequence.len() == 8
        {
            sequence.push(b'r');
        }
    }

    /// Says who sends, and leaves it said whether it is a repeat: a connection, its slot (requests that are on the way together have
    /// different ones), and a number that rises with each new request in that slot.
    pub fn identify(&mut self, link: [u8; 8], slot: u16, sequence: u64) {
        if let Some(argument) = self.args.get_mut(SEQUENCE) {
            let is_repeated = argument.len() > 8;
            *argument = sequence.to_le_bytes().to_vec();
            if is_repeated {
                self.repeated();
            }
        }
        self.set(LINK, [&b"c"[..], &link, &slot.to_le_bytes()].concat());
    }

    pub(super) fn push(&mut self, argument: impl Into<Vec<u8>>) {
        self.args.push(argument.into());
    }

    fn set(&mut self, place: usize, value: Vec<u8>) {
        if let Some(argument) = self.args.get_mut(place) {
            *argument = value;
        }
    }
}
