//! Writes the JavaScript of a WebAssembly module: `fairlane-wasm-bindgen MODULE.wasm FOLDER`.
//!
//! It does what wasm-bindgen's own program does. As a part of the workspace it has the version that
//! the library was built with, which the two must share, and needs no installing.

use std::path::PathBuf;

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let module = arguments.next().context("the module is missing")?;
    let folder = arguments.next().context("the folder is missing")?;
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(false)
        .remove_producers_section(true)
        .out_name("fairlane")
        .generate(folder)
}
