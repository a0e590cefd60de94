//! The committed header is what cbindgen makes of the crate, and the files of CMake are of its release.
//!
//! `FAIRLANE_WRITE_HEADER=1 cargo test --package fairlane-c --test header` writes it anew.

use std::path::Path;

#[test]
fn the_header_is_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = folder.join("../../c-include/fairlane.h");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(folder).with_config(config).generate();
    let mut header = Vec::new();
    bindings.unwrap().write(&mut header);
    let header = String::from_utf8(header).unwrap();
    if std::env::var_os("FAIRLANE_WRITE_HEADER").is_some() {
        std::fs::write(&committed, &header).unwrap();
    }
    let is_equal = std::fs::read_to_string(&committed).unwrap() == header;
    assert!(is_equal, "c-include/fairlane.h is not up to date: write it anew, as this file says");
}

#[test]
fn the_package_of_cmake_is_of_this_release() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../c-include/cmake/fairlane-config-version.cmake");
    let text = std::fs::read_to_string(file).unwrap();
    let [major, minor] = [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR")];
    assert!(text.contains(concat!("set(PACKAGE_VERSION \"", env!("CARGO_PKG_VERSION"), "\")")));
    assert!(text.contains(&format!("NOT PACKAGE_FIND_VERSION_MAJOR EQUAL {major})")));
    assert!(text.contains(&format!("NOT PACKAGE_FIND_VERSION_MINOR EQUAL {minor})")));
}
