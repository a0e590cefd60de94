use fairlane::Result;

use crate::noun::{limits, repaired, swept};
use crate::packet::{Packet, Reader};
use crate::queue::Desk;
use crate::time;

impl Desk {
    pub(super) fn set_limits(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let lane = arguments.maybe_text()?;
        self.queue()?.set_limits(lane, limits::read_change(arguments)?)
    }

    pub(super) fn pause(&self, arguments: &mut Reader<'_>) -> Result<()> {
        self.queue()?.pause(arguments.maybe_text()?)
    }

    pub(super) fn resume(&self, arguments: &mut Reader<'_>) -> Result<()> {
        self.queue()?.resume(arguments.maybe_text()?)
    }

    pub(super) fn throttle(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let lane = arguments.maybe_text()?;
        let time = time::duration("throttle", arguments.number()?)?;
        self.queue()?.throttle(lane, time)
    }

    pub(super) fn dethrottle(&self, result: &mut Packet) -> Result<()> {
        swept::write(result, &self.queue()?.dethrottle()?);
        Ok(())
    }

    pub(super) fn repair(&self, result: &mut Packet) -> Result<()> {
        repaired::write(result, &self.queue()?.repair()?);
        Ok(())
    }

    pub(super) fn start_dethrottler(&mut self, arguments: &mut Reader<'_>) -> Result<()> {
        let number = arguments.integer()?;
        let interval = time::duration("interval", arguments.number()?)?;
        let dethrottler = self.queue()?.start_dethrottler(interval)?;
        self.dethrottlers.insert(number, dethrottler);
        Ok(())
    }

    pub(super) fn stop_dethrottler(&mut self, arguments: &mut Reader<'_>) -> Result<()> {
        drop(self.dethrottlers.remove(&arguments.integer()?));
        Ok(())
    }
}
