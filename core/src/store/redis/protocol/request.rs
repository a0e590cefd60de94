//! One call of a script, ready to be sent by whatever client.

use super::script::Script;

/// A script with its key and arguments: `EVALSHA digest 1 key args...`.
#[derive(Debug, Clone)]
pub struct Request {
    /// What runs.
    pub script: &'static Script,
    /// The one key; all others share its hash tag.
    pub key: Vec<u8>,
    /// The arguments. The first two belong to the driver: see [`Request::repeated`] and
    /// [`Request::identify`].
    pub args: Vec<Vec<u8>>,
}

/// The place of the repeat flag among the arguments.
const REPEATED: usize = 0;
/// The place of the identity among the arguments.
const IDENTITY: usize = 1;

impl Request {
    /// Makes a request without arguments of its own.
    pub fn new(script: &'static Script, key: &[u8]) -> Self {
        Self { script, key: key.to_vec(), args: vec![Vec::new(), Vec::new()] }
    }

    /// Says that an earlier sending of this very request may have been carried out, its reply lost.
    pub fn repeated(&mut self) {
        self.set(REPEATED, b"1".to_vec());
    }

    /// Says who sends: a connection, its slot (requests that are on the way together have
    /// different ones), and a number that rises with each new request in that slot.
    pub fn identify(&mut self, link: [u8; 8], slot: u16, sequence: u64) {
        let mut identity = link.to_vec();
        identity.extend(slot.to_le_bytes());
        identity.extend(sequence.to_le_bytes());
        self.set(IDENTITY, identity);
    }

    fn set(&mut self, place: usize, value: Vec<u8>) {
        if let Some(argument) = self.args.get_mut(place) {
            *argument = value;
        }
    }
}
