use fairlane::Result;
use fairlane::store::{Held, NewHold, Owner};

use crate::packet::{Packet, Reader};
use crate::queue::Desk;
use crate::time;

impl Desk {
    pub(super) fn hold(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        let lease = time::duration("lease", arguments.number()?)?;
        let holds = arguments.many(|arguments| {
            let Held { key, owner } = read_held(arguments)?;
            let backoff = time::whole(arguments.number()?);
            Ok(NewHold { key, owner, backoff })
        })?;
        write_truths(result, &self.queue()?.hold(holds, lease)?);
        Ok(())
    }

    pub(super) fn keep(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        let lease = time::duration("lease", arguments.number()?)?;
        let holds = arguments.many(read_held)?;
        write_truths(result, &self.queue()?.keep(holds, lease)?);
        Ok(())
    }

    pub(super) fn let_go(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let is_done = arguments.truth()?;
        self.queue()?.let_go(arguments.many(read_held)?, is_done)
    }
}

/// An owner comes as two numbers, as one of JavaScript's has no room for it.
fn read_held(arguments: &mut Reader<'_>) -> Result<Held> {
    let key = arguments.text()?.to_owned();
    let mut half = || arguments.number().map(|half| u64::from(half as u32));
    let owner = Owner(half()? << 32 | half()?);
    Ok(Held { key, owner })
}

fn write_truths(result: &mut Packet, truths: &[bool]) {
    result.number(truths.len() as f64);
    truths.iter().for_each(|truth| result.truth(*truth));
}
