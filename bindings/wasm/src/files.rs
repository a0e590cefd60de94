//! The private files of a page, which SQLite reads and writes in a dedicated worker.

use fairlane::{Error, ErrorCode};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::VfsFilesManager;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};

/// Where in the page's files all of them are kept.
const FOLDER: &str = ".fairlane";

/// How many further files a database may need: itself, its log and a journal, and one to spare.
const FILES_A_DATABASE: usize = 4;

/// Takes hold of the page's files, and makes room for one more database; tells whether the file at
/// `path` is there.
#[wasm_bindgen(js_name = openFiles)]
pub async fn open_files(path: String) -> Outcome<bool> {
    open(&path).await.map_err(|error| raise(&explain(&error)))
}

async fn open(path: &str) -> Result<bool, OpfsSAHError> {
    let settings = OpfsSAHPoolCfgBuilder::new().vfs_name("fairlane").directory(FOLDER).build();
    let files: OpfsSAHPoolUtil = install::<WasmOsCallback>(&settings, true).await?;
    files.ensure_capacity(files.len()? + FILES_A_DATABASE).await?;
    files.contains(path)
}

fn explain(error: &OpfsSAHError) -> Error {
    match error {
        OpfsSAHError::NotSupported => Error::new(
            ErrorCode::Unsupported,
            "this host has no files: accepted are memory: and a Redis client, and files in a \
             dedicated worker of a page that was loaded over https or from localhost",
        ),
        error => Error::new(
            ErrorCode::Unavailable,
            format!("files of the page cannot be opened, another worker may have them: {error}"),
        ),
    }
}
