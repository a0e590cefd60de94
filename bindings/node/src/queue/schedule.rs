use fairlane::{Result, Schedule, schedule};

use crate::noun::{new_job, schedule_info};
use crate::packet::{Packet, Reader};
use crate::queue::Desk;
use crate::time;

impl Desk {
    pub(super) fn schedule(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let (name, cron) = (arguments.text()?, arguments.maybe_text()?);
        let every = arguments.maybe_number()?.map(time::whole);
        let timing = schedule::timing(cron, every, arguments.text()?)?;
        let catch_up = arguments.text()?;
        let schedule = Schedule::new(name, timing, new_job::read(arguments)?);
        self.queue()?.schedule(schedule.catch_up(catch_up.parse()?))
    }

    pub(super) fn unschedule(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        result.truth(self.queue()?.unschedule(arguments.text()?)?);
        Ok(())
    }

    pub(super) fn schedules(&self, result: &mut Packet) -> Result<()> {
        let schedules = self.queue()?.schedules()?;
        result.number(schedules.len() as f64);
        for info in &schedules {
            schedule_info::write(result, info);
        }
        Ok(())
    }
}
