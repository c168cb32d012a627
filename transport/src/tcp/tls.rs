//! TLS 1.3 between parties: both sides show certificates, and a certificate counts by the pinned hash of its key.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, Connection, DigitallySignedStruct, DistinguishedName, OtherError,
    ServerConfig, ServerConnection, SignatureScheme, version,
};

use super::error::{ConnectError, PeerError};
use crate::identity::{Fingerprint, Identity, check_validity, provider};
use crate::{Parties, PartyId, PerParty};

/// The pins of a task and our own identity.
pub(super) struct Tls {
    identity: Identity,
    pins: Arc<Pins>,
    server: Arc<ServerConfig>,
}

#[derive(Debug)]
struct Pins {
    me: PartyId,
    parties: Parties,
    keys: PerParty<Fingerprint>,
}

impl Pins {
    fn owner(&self, key: Fingerprint) -> Option<PartyId> {
        self.keys.iter().find(|(_, k)| **k == key).map(|(p, _)| p)
    }
    /// Checks whose certificate this is and that it is valid; `expected` is the party we dialed.
    fn check(
        &self,
        certificate: &CertificateDer<'_>,
        expected: Option<PartyId>,
        now: UnixTime,
    ) -> Result<(), PeerError> {
        let got = Fingerprint::of(certificate)?;
        let owner = self.owner(got);
        match (expected, owner) {
            (Some(e), Some(o)) if e == o => {}
            (None, Some(o)) if o != self.me => {}
            (Some(e), None) => return Err(PeerError::WrongKey { expected: self.keys[e], got }),
            (None, _) => return Err(PeerError::UnknownKey { got }),
            (Some(e), Some(o)) => {
                let name = |p| self.parties.name(p).to_owned();
                return Err(PeerError::SwappedRoles { expected: name(e), shown: name(o) });
            }
        }
        Ok(check_validity(certificate, now)?)
    }
}

impl Tls {
    /// Checks that the pins are distinct and that ours is `identity`'s.
    pub(super) fn new(
        me: PartyId,
        parties: &Parties,
        identity: Identity,
        keys: PerParty<Fingerprint>,
    ) -> Result<Self, ConnectError> {
        let name = |p| parties.name(p).to_owned();
        for (p, key) in keys.iter() {
            if let Some((q, _)) = keys.iter().find(|(q, k)| q.index() < p.index() && *k == key) {
                return Err(ConnectError::SameIdentity { one: name(q), other: name(p) });
            }
        }
        let pins = Arc::new(Pins { me, parties: parties.clone(), keys });
        let ours = identity.fingerprint();
        if ours != pins.keys[me] {
            let belongs_to = pins.owner(ours).map(name);
            return Err(ConnectError::OwnIdentity { me: name(me), ours, pinned: pins.keys[me], belongs_to });
        }
        let mut server = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13])
            .map_err(setup)?
            .with_client_cert_verifier(Arc::new(Pinned::new(&pins, None)))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified_key())));
        // The dialing side never reads after the handshake: no tickets.
        server.send_tls13_tickets = 0;
        Ok(Self { identity, pins, server: Arc::new(server) })
    }

    /// Our side of a connection that we dialed.
    pub(super) fn dial(&self, peer: PartyId) -> Result<Connection, ConnectError> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13])
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned::new(&self.pins, Some(peer))))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(self.identity.certified_key())));
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        let name = ServerName::try_from("quorate.invalid").map_err(|e| ConnectError::Setup(e.to_string()))?;
        Ok(ClientConnection::new(Arc::new(config), name).map_err(setup)?.into())
    }

    /// Our side of a connection that somebody else dialed.
    pub(super) fn accept(&self) -> Result<Connection, ConnectError> {
        Ok(ServerConnection::new(Arc::clone(&self.server)).map_err(setup)?.into())
    }

    /// The party at the other end of a finished handshake.
    pub(super) fn peer(&self, tls: &Connection) -> Option<PartyId> {
        let certificate = tls.peer_certificates()?.first()?;
        self.pins.owner(Fingerprint::of(certificate).ok()?)
    }

    /// What a failed handshake means; `None` if the connection only broke and another attempt may help.
    pub(super) fn explain(&self, error: &io::Error) -> Option<PeerError> {
        let detail = |e: &rustls::Error| PeerError::Protocol { transport: "TLS 1.3", detail: e.to_string() };
        let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        Some(match inner {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(e))) => {
                e.downcast_ref::<PeerError>().cloned().unwrap_or_else(|| detail(inner))
            }
            rustls::Error::AlertReceived(_) => PeerError::RefusedUs {
                ours: self.identity.fingerprint(),
                me: self.pins.parties.name(self.pins.me).to_owned(),
            },
            other => detail(other),
        })
    }
}

fn setup(e: rustls::Error) -> ConnectError {
    ConnectError::Setup(e.to_string())
}

/// The certificate verifier of both sides: who it is by pin, the proof of possession by the provider.
#[derive(Debug)]
struct Pinned {
    pins: Arc<Pins>,
    /// The party that was dialed; `None` for a caller, who may be any other party.
    expected: Option<PartyId>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn new(pins: &Arc<Pins>, expected: Option<PartyId>) -> Self {
        Self { pins: Arc::clone(pins), expected, algorithms: provider().signature_verification_algorithms }
    }
    fn check(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), rustls::Error> {
        let refused = |e| rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(e))));
        self.pins.check(certificate, self.expected, now).map_err(refused)
    }
    fn no_tls12() -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not offered".into()))
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.check(end_entity, now).map(|()| ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::no_tls12()
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.check(end_entity, now).map(|()| ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::no_tls12()
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
