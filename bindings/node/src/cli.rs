use napi_derive::napi;

use crate::door;

/// Runs the program fairlane with these arguments, its own name first, and gives its exit code.
#[napi]
pub fn cli(arguments: Vec<String>) -> napi::Result<i32, &'static str> {
    door::entered(|| Ok(fairlane::cli::run(arguments.into_iter().map(Into::into).collect())))
}
