//! `fairlane push`: one job, or a stream of them.

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::error::{Error, ErrorCode};

use stream::StreamTerms;
use terms::Terms;

mod line;
mod lines;
mod stream;
mod terms;

/// What to push.
#[derive(Debug, Args)]
#[command(after_long_help = "\
When a push returns, the job is durable, and its id is printed.

A stream is pushed in batches. Blank lines are passed over. Ctrl-C ends it after the batch under way \
and tells how many lines are done, so that it can go on from there. A line that is not what was \
announced stops the stream with its number; the lines before it are pushed. To be able to push a \
whole file again without making jobs twice, give each line a key (--key-field with --key-ttl).

Examples:
  fairlane push 'hello' --lane tenant-7 --tps 10
  fairlane push --delay 5m --key nightly-report <report.json
  find . -name '*.jpg' | fairlane push --lines --lane thumbnails
  fairlane push --json-lines --lane-field tenant --key-field id --key-ttl 1d <orders.jsonl
  fairlane push --json-lines --lane-field /customer/name <orders.jsonl")]
pub(super) struct Arguments {
    /// The payload; standard input as a whole, if it is - or missing
    #[arg(conflicts_with = "stream")]
    payload: Option<String>,
    #[command(flatten)]
    stream: StreamTerms,
    #[command(flatten)]
    terms: Terms,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    if arguments.stream.is_wanted() {
        return stream::run(context, &arguments.stream, &arguments.terms);
    }
    let payload = input::bytes(context, arguments.payload.as_deref())?;
    let pushed = context.open()?.push_many(vec![arguments.terms.job(payload)])?;
    let pushed = pushed
        .first()
        .ok_or_else(|| Error::new(ErrorCode::Internal, "store gave no id for a pushed job"))?;
    let value = json!({ "id": pushed.id.to_string(), "is_new": pushed.is_new });
    context.output.answer(&value, || pushed.id.to_string())
}
