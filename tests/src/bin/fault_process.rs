//! A process for the fault suites: plays the role that its argument names.

use fairlane_tests::faults::process::Role;

fn main() {
    let argument = std::env::args().nth(1).expect("a role as JSON");
    serde_json::from_str::<Role>(&argument).expect("a role as JSON").play();
}
