use napi_derive::napi;

use crate::door;

/// Runs the program fairlane with these arguments, its own name first, and gives its exit code.
#[napi]
pub fn cli(arguments: Vec<String>) -> napi::Result<i32, &'static str> {
    door::entered(|| {
        share_standard_streams();
        Ok(fairlane::cli::run(arguments.into_iter().map(Into::into).collect()))
    })
}

/// Lets the commands that the program runs have its standard streams: Node closes them for children
/// that it has not started itself.
fn share_standard_streams() {
    #[cfg(unix)]
    {
        use rustix::io::{FdFlags, fcntl_setfd};
        // One that is closed is not there to be shared.
        fcntl_setfd(std::io::stdin(), FdFlags::empty()).ok();
        fcntl_setfd(std::io::stdout(), FdFlags::empty()).ok();
        fcntl_setfd(std::io::stderr(), FdFlags::empty()).ok();
    }
}
