use std::sync::Arc;
use std::time::Duration;

use fairlane::Result;
use fairlane::waits::ResultTold;

use crate::outbox::Outbox;
use crate::queue::{Call, Desk, start};
use crate::time;

impl Desk {
    /// Gives the result of a job; if that has not ended and the caller wants to wait, it does so
    /// elsewhere.
    pub(super) fn result(&mut self, call: &Call<'_>) -> Result<()> {
        let mut arguments = call.arguments.clone();
        let id = arguments.text()?.parse()?;
        let wait = time::duration("wait", arguments.number()?)?;
        if wait.is_zero() {
            let result = self.queue()?.result(id, Duration::ZERO);
            tell(&self.outbox, call.id, ResultTold::Result(result));
            return Ok(());
        }
        self.start_listener()?;
        self.result_waits.enter(self.queue()?, call.id, id, wait);
        Ok(())
    }

    fn start_listener(&mut self) -> Result<()> {
        if self.listener.is_none() {
            let (queue, waits) = (self.queue()?.clone(), Arc::clone(&self.result_waits));
            let serve = move || waits.serve(&queue);
            self.listener = Some(start("fairlane-listener", "results", serve)?);
        }
        Ok(())
    }
}

/// Posts how a wait for a result has ended.
pub(super) fn tell(outbox: &Outbox, call: f64, told: ResultTold) {
    match told {
        ResultTold::Result(Ok(value)) => {
            outbox.reply(call, Ok(()), |packet| packet.maybe_blob(value.as_deref()));
        }
        ResultTold::Result(Err(error)) => outbox.reply(call, Err(error), |_| {}),
        ResultTold::Aborted => outbox.abort(call),
    }
}
