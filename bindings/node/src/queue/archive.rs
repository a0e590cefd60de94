use fairlane::{FailedFilter, Result, convert};

use crate::noun::job_info;
use crate::packet::{Packet, Reader};
use crate::queue::Desk;

impl Desk {
    pub(super) fn failed(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        let count = convert::count("count", arguments.integer()?)?;
        job_info::write_many(result, &self.queue()?.failed(count)?);
        Ok(())
    }

    pub(super) fn restore_failed(
        &self,
        arguments: &mut Reader<'_>,
        result: &mut Packet,
    ) -> Result<()> {
        result.number(self.queue()?.restore_failed(read_filter(arguments)?)? as f64);
        Ok(())
    }

    pub(super) fn clean_failed(
        &self,
        arguments: &mut Reader<'_>,
        result: &mut Packet,
    ) -> Result<()> {
        result.number(self.queue()?.clean_failed(read_filter(arguments)?)? as f64);
        Ok(())
    }
}

fn read_filter(arguments: &mut Reader<'_>) -> Result<FailedFilter> {
    let lane = arguments.maybe_text()?;
    let ids = match arguments.truth()? {
        true => Some(arguments.many(|arguments| arguments.text()?.parse())?),
        false => None,
    };
    Ok(match (ids, lane) {
        (None, None) => FailedFilter::All,
        (None, Some(lane)) => FailedFilter::Lane(lane.to_owned()),
        (Some(ids), _) => FailedFilter::Ids(ids),
    })
}
