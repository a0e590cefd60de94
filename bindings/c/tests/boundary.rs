//! Every exported function is one `boundary!`, and says whom it concerns.
//!
//! That the library exports these functions and no others is seen by `c-include/tests/symbols.sh`.
#![allow(clippy::unwrap_used)]

use std::path::Path;

/// Gives the text of all the sources of the crate.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text += &match path.is_dir() {
            true => sources(&path),
            false => std::fs::read_to_string(&path).unwrap(),
        };
    }
    text
}

/// Gives each exported function: its documentation, and the text from its attribute to its end.
fn exports() -> Vec<(String, String)> {
    let source = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let parts: Vec<&str> = source.split("#[unsafe(no_mangle)]\n").collect();
    let documentation = |before: &str| -> String {
        let lines = before.lines().rev().take_while(|line| line.starts_with("///"));
        lines.collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(" ")
    };
    let function = |after: &str| after.split_inclusive("\n}\n").next().unwrap().to_owned();
    parts.windows(2).map(|pair| (documentation(pair[0]), function(pair[1]))).collect()
}

#[test]
fn every_exported_function_is_one_boundary() {
    let exports = exports();
    assert!(exports.len() > 150, "found only {} exported functions", exports.len());
    for (_, function) in &exports {
        let (head, body) = function.split_once("{\n").unwrap();
        assert!(head.contains("extern \"C\" fn fairlane_"), "{function}");
        // rustfmt puts each statement of a body on lines of its own, four spaces deep.
        let is_of_body = |line: &&str| line.starts_with("    ") && !line.starts_with("     ");
        let mut statements = body.lines().filter(is_of_body);
        let first = statements.next().unwrap();
        assert!(first.starts_with("    boundary!("), "not behind a boundary: {function}");
        let is_its_end = |line: &str| matches!(line.trim(), ")" | ");" | "})" | "});" | "}))");
        assert!(statements.all(is_its_end), "more than a boundary: {function}");
    }
}

#[test]
fn nothing_is_exported_in_another_way() {
    let source = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    // With a name after it: without one it is the type of a function of the caller's.
    assert_eq!(source.matches("extern \"C\" fn ").count(), exports().len());
    assert_eq!(source.matches("no_mangle").count(), exports().len());
    assert!(!source.contains("export_name"));
}

#[test]
fn every_exported_function_tells_ownership_blocking_and_threads() {
    for (documentation, function) in exports() {
        for facet in ["Ownership: ", "Blocking: ", "Threads: "] {
            assert!(documentation.contains(facet), "no {facet:?} in the words on {function}");
        }
    }
}
