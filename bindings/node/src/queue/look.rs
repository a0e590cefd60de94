use fairlane::{Result, convert};

use crate::noun::{job_info, lane_info, stats};
use crate::packet::{Packet, Reader};
use crate::queue::Desk;

impl Desk {
    pub(super) fn stats(&self, result: &mut Packet) -> Result<()> {
        stats::write(result, &self.queue()?.stats()?);
        Ok(())
    }

    pub(super) fn size(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        result.integer(self.queue()?.size(arguments.maybe_text()?)?);
        Ok(())
    }

    pub(super) fn lanes(&self, result: &mut Packet) -> Result<()> {
        let lanes = self.queue()?.lanes()?;
        result.number(lanes.len() as f64);
        for lane in &lanes {
            lane_info::write(result, lane);
        }
        Ok(())
    }

    pub(super) fn lane(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        let lane = self.queue()?.lane(arguments.text()?)?;
        result.truth(lane.is_some());
        if let Some(lane) = &lane {
            lane_info::write(result, lane);
        }
        Ok(())
    }

    pub(super) fn get(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        let job = self.queue()?.get(arguments.text()?.parse()?)?;
        result.truth(job.is_some());
        if let Some(job) = &job {
            job_info::write(result, job);
        }
        Ok(())
    }

    pub(super) fn peek(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        let lane = arguments.text()?;
        let count = convert::count("count", arguments.integer()?)?;
        job_info::write_many(result, &self.queue()?.peek(lane, count)?);
        Ok(())
    }

    pub(super) fn cancel(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        result.truth(self.queue()?.cancel(arguments.text()?.parse()?)?);
        Ok(())
    }

    pub(super) fn purge(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        result.number(self.queue()?.purge(arguments.maybe_text()?)? as f64);
        Ok(())
    }
}
