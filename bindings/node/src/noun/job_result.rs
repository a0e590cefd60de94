use fairlane::clock::{Millis, millis};
use fairlane::{JobResult, Result};

use crate::packet::Reader;
use crate::time;

/// Reads a result and for how long it is kept; `None` if there is none.
pub fn read(arguments: &mut Reader<'_>) -> Result<Option<JobResult>> {
    let (value, ttl) = (read_value(arguments)?, read_ttl(arguments)?);
    Ok(value.map(|value| JobResult { value, ttl }))
}

/// Reads the bytes of a result, if there is one.
pub fn read_value(arguments: &mut Reader<'_>) -> Result<Option<Vec<u8>>> {
    Ok(arguments.maybe_blob()?.map(<[u8]>::to_vec))
}

/// Reads for how long results are kept.
pub fn read_ttl(arguments: &mut Reader<'_>) -> Result<Millis> {
    time::duration("result_ttl", arguments.number()?).map(millis)
}
