//! Reading bytes that a command is given on standard input.

use std::io::{self, IsTerminal, Read};

use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// Gives an argument as bytes, or standard input as a whole if it is `-` or missing.
pub(super) fn bytes(context: &Context, argument: Option<&str>) -> Result<Vec<u8>, Failure> {
    match argument {
        Some(text) if text != "-" => Ok(text.as_bytes().to_vec()),
        _ => read_whole(context),
    }
}

fn read_whole(context: &Context) -> Result<Vec<u8>, Failure> {
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        context.output.note("type the bytes and end them with Ctrl-D on a line of their own");
    }
    // One byte more than accepted is enough to be refused.
    let most = u64::try_from(context.max_payload()).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    stdin
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::system(format!("cannot read standard input: {error}")))?;
    Ok(bytes)
}
