//! Encryption: whom to trust, and who we are.

use std::fmt;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::error::{Error, Result};

/// A connection under encryption.
pub(super) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// The settings of all encrypted connections of one address; read once, when the URL is.
pub(super) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Reads the files; without `authorities` those of the system are trusted.
    pub(super) fn new(
        authorities: Option<PathBuf>,
        certificate: Option<PathBuf>,
        key: Option<PathBuf>,
    ) -> Result<Self> {
        if certificate.is_some() != key.is_some() {
            return Err(Error::invalid(
                "url gives one of cert and key: accepted are both or neither",
            ));
        }
        let trusted = match authorities {
            Some(path) => roots(&path)?,
            None => system_roots()?,
        };
        // The provider is named, since a program that links two of them has no default one.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("tls", &error))?
            .with_root_certificates(trusted);
        let config = match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let own_key = PrivateKeyDer::from_pem_file(&key).map_err(|it| unread(&key, &it))?;
                builder
                    .with_client_auth_cert(certificates(&certificate)?, own_key)
                    .map_err(|error| refused("client certificate", &error))?
            }
            _ => builder.with_no_client_auth(),
        };
        Ok(Self { config: Arc::new(config) })
    }

    /// Wraps a connection; nothing is sent yet.
    pub(super) fn wrap(&self, host: &str, stream: TcpStream) -> Result<TlsStream> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| refused(host, &error))?;
        let client = ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| refused(host, &error))?;
        Ok(StreamOwned::new(client, stream))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn roots(path: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| refused("authority", &error))?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(Error::invalid(
            "this system has no list of trusted authorities: name one by the url's cacert",
        ));
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(unread(path, &pem::Error::NoItemsFound)),
        Err(error) => Err(unread(path, &error)),
    }
}

fn unread(path: &Path, error: &pem::Error) -> Error {
    Error::invalid(format!("file {path:?} is not accepted: {error}: accepted is the PEM form"))
}

fn refused(what: &str, error: &dyn fmt::Display) -> Error {
    Error::invalid(format!("{what} is not accepted for an encrypted connection: {error}"))
}
