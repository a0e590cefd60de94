//! The shell blocks of the README do what they say: each is run in a folder of its own, in order.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Gives the blocks of the README that are marked as `language`.
fn blocks(language: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let opening = format!("```{language}\n");
    let parts = text.split(&opening).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// Gives PATH with the folder of the program first.
fn path_with_program() -> std::ffi::OsString {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_fairlane"));
    let own = program.parent().unwrap().to_owned();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&inherited))).unwrap()
}

#[test]
fn every_shell_block_of_the_readme_runs() {
    let blocks = blocks("sh");
    assert!(blocks.len() >= 2, "the README has lost its shell blocks");
    for block in blocks {
        let folder = tempfile::tempdir().unwrap();
        let done = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &block])
            .current_dir(folder.path())
            .env("PATH", path_with_program())
            .env_remove("FAIRLANE_URL")
            .env_remove("FAIRLANE_QUEUE")
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{block}\ngave {}\n{}\n{}",
            done.status,
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

#[test]
fn every_block_of_the_readme_is_of_a_kind_that_some_test_runs() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let mut is_inside = false;
    for line in text.lines().filter(|line| line.starts_with("```")) {
        is_inside = !is_inside;
        // bash: tests/run; sh: here; rust: documentation tests; python, js: the tests of the
        // packages; javascript: node/wasm/tests; c: c-include/tests.
        let known = ["```bash", "```sh", "```rust", "```python", "```js", "```javascript", "```c"];
        assert!(!is_inside || known.contains(&line), "{line} is run by no test");
    }
    assert_eq!(blocks("bash").len(), 2, "the two commands that set everything up");
}
