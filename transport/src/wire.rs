//! The bytes on a connection: the only file that encodes or decodes them.
//!
//! ```text
//! frame    len u32 | stream u64 | tag u64 | payload        little-endian; len = bytes of payload, at most MAX_FRAME
//! signal   code u32 | 0 u64 | 0 u64                        code ≥ 0xffff_ff00: heartbeat, abort, goodbye
//! control  len u32 | bincode                               handshake only, len at most the reader's limit
//! ```
//! Payloads are never read here: a protocol checks them against what it expects. Control messages use bincode 2 with
//! fixed-width integers, a byte limit, no trailing bytes, and are encoded again and compared, so that one value has one
//! encoding.

use std::io::{self, Read, Write};

use bincode::{Decode, Encode};

/// Bytes of a frame header.
pub const HEADER: usize = 20;
/// The largest payload of a frame. A session cuts bulk data into chunks of 1 MiB, so nothing honest comes near.
pub const MAX_FRAME: usize = 4 << 20;
/// The largest control message.
pub const MAX_CONTROL: usize = 1024;

const HEARTBEAT: u32 = 0xffff_ff01;
const ABORT: u32 = 0xffff_ff02;
const GOODBYE: u32 = 0xffff_ff03;

/// The first [`HEADER`] bytes of everything that follows a handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Header {
    /// A payload of `len` bytes follows.
    Data {
        /// Bytes of payload, at most [`MAX_FRAME`].
        len: u32,
        /// The stream it belongs to.
        stream: u64,
        /// What the sender says the payload is.
        tag: u64,
    },
    /// The sender is alive and has nothing to say.
    Heartbeat,
    /// The sender has aborted its session.
    Abort,
    /// The sender has finished; nothing follows.
    Goodbye,
}

/// Bytes that are no message of this protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WireError {
    /// A frame announces more than [`MAX_FRAME`] bytes, or a control message more than its limit.
    #[error("a message of {0} bytes is announced, over the limit")]
    Oversize(u32),
    /// A signal with a code or a filling that no signal has.
    #[error("an unknown signal")]
    UnknownSignal,
    /// A control message that does not decode, is cut off, has bytes left over or is not canonical.
    #[error("a malformed control message")]
    Malformed,
}

impl From<WireError> for io::Error {
    fn from(e: WireError) -> Self {
        Self::new(io::ErrorKind::InvalidData, e)
    }
}

impl Header {
    /// The bytes of this header.
    #[must_use]
    pub fn encode(self) -> [u8; HEADER] {
        let (code, stream, tag) = match self {
            Self::Data { len, stream, tag } => (len, stream, tag),
            Self::Heartbeat => (HEARTBEAT, 0, 0),
            Self::Abort => (ABORT, 0, 0),
            Self::Goodbye => (GOODBYE, 0, 0),
        };
        let mut out = [0; HEADER];
        out[..4].copy_from_slice(&code.to_le_bytes());
        out[4..12].copy_from_slice(&stream.to_le_bytes());
        out[12..].copy_from_slice(&tag.to_le_bytes());
        out
    }

    /// Reads a header and checks its length before anybody allocates.
    pub fn decode(bytes: &[u8; HEADER]) -> Result<Self, WireError> {
        let ([a, b, c, d], rest) = bytes.split_first_chunk().ok_or(WireError::Malformed)?;
        let (stream, tag) = rest.split_first_chunk().ok_or(WireError::Malformed)?;
        let tag: &[u8; 8] = tag.try_into().map_err(|_| WireError::Malformed)?;
        let code = u32::from_le_bytes([*a, *b, *c, *d]);
        let (stream, tag) = (u64::from_le_bytes(*stream), u64::from_le_bytes(*tag));
        match code {
            len if len as usize <= MAX_FRAME => Ok(Self::Data { len, stream, tag }),
            HEARTBEAT | ABORT | GOODBYE if (stream, tag) != (0, 0) => Err(WireError::UnknownSignal),
            HEARTBEAT => Ok(Self::Heartbeat),
            ABORT => Ok(Self::Abort),
            GOODBYE => Ok(Self::Goodbye),
            code if code >= 0xffff_ff00 => Err(WireError::UnknownSignal),
            len => Err(WireError::Oversize(len)),
        }
    }
}

fn format() -> impl bincode::config::Config {
    bincode::config::standard().with_fixed_int_encoding().with_limit::<MAX_CONTROL>()
}

/// The bytes of a control message. [`WireError::Malformed`] if it would exceed [`MAX_CONTROL`].
pub fn encode_control<T: Encode>(message: &T) -> Result<Vec<u8>, WireError> {
    let bytes = bincode::encode_to_vec(message, format()).map_err(|_| WireError::Malformed)?;
    if bytes.len() > MAX_CONTROL { Err(WireError::Malformed) } else { Ok(bytes) }
}

/// The control message with exactly these bytes.
pub fn decode_control<T: Encode + Decode<()>>(bytes: &[u8]) -> Result<T, WireError> {
    let (message, used) = bincode::decode_from_slice(bytes, format()).map_err(|_| WireError::Malformed)?;
    if used == bytes.len() && encode_control(&message)? == bytes { Ok(message) } else { Err(WireError::Malformed) }
}

/// Writes a control message behind its length.
pub fn write_control<T: Encode>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let body = encode_control(message)?;
    let mut bytes = u32::try_from(body.len()).map_err(|_| WireError::Malformed)?.to_le_bytes().to_vec();
    bytes.extend_from_slice(&body);
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads the bytes of one control message, at most [`MAX_CONTROL`].
pub fn read_control(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut len = [0; 4];
    from.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len);
    if len as usize > MAX_CONTROL {
        return Err(WireError::Oversize(len).into());
    }
    let mut body = vec![0; len as usize];
    from.read_exact(&mut body)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use spec::vectors::Vectors;

    use super::*;

    #[derive(Encode, Decode, PartialEq, Debug)]
    struct Example {
        version: u32,
        party: u8,
        names: Vec<String>,
        digest: [u8; 4],
    }
    fn example() -> Example {
        Example { version: 7, party: 2, names: vec!["bank".into()], digest: [1, 2, 3, 4] }
    }

    #[test]
    fn vectors() {
        let about = "Frame headers, 20 bytes in front of every payload: len u32 | stream u64 | tag u64, little-endian.
            Lengths up to 4 MiB are data; 0xffffff01.. are signals, with stream and tag zero. See transport/src/wire.rs.";
        let mut v = Vectors::new("frames.txt", about);
        let data = |len| Header::Data { len, stream: 0x0102, tag: 0xa0b0_c0d0_e0f0_0102 };
        v.section("data").line("stream", "0x0102").line("tag", "0xa0b0c0d0e0f00102");
        for len in [0, 3, MAX_FRAME as u32] {
            v.bytes(&format!("len {len}"), data(len).encode());
        }
        v.section("signals");
        let signals = [("heartbeat", Header::Heartbeat), ("abort", Header::Abort), ("goodbye", Header::Goodbye)];
        for (name, header) in signals {
            v.bytes(name, header.encode());
        }
        v.section("rejected");
        let over = Header::Data { len: MAX_FRAME as u32 + 1, stream: 0, tag: 0 }.encode();
        let (mut unknown, mut dirty) = (Header::Abort.encode(), Header::Heartbeat.encode());
        unknown[0] = 4;
        dirty[19] = 1;
        for (name, bytes) in [("too long", over), ("unknown signal", unknown), ("signal with a tag", dirty)] {
            assert!(Header::decode(&bytes).is_err());
            v.bytes(name, bytes);
        }
        v.section("control message of the handshake, behind its length");
        v.comment(
            "Fields in order, integers of fixed width, little-endian; a list has its number of items as u64 first.",
        );
        v.line("version u32", 7).line("party u8", 2).line("names", "[\"bank\"]").line("digest [u8; 4]", "01020304");
        let mut written = Vec::new();
        write_control(&mut written, &example()).unwrap();
        v.bytes("bytes", written);
        v.check();
    }

    #[test]
    fn signals_have_one_encoding_and_lengths_a_limit() {
        for header in [Header::Heartbeat, Header::Abort, Header::Goodbye] {
            assert_eq!(Header::decode(&header.encode()), Ok(header));
            for at in 4..HEADER {
                let mut bytes = header.encode();
                bytes[at] = 1;
                assert_eq!(Header::decode(&bytes), Err(WireError::UnknownSignal));
            }
        }
        let max = MAX_FRAME as u32;
        let largest = Header::Data { len: max, stream: 1, tag: 2 };
        assert_eq!(Header::decode(&largest.encode()), Ok(largest));
        let over = Header::Data { len: max + 1, stream: 1, tag: 2 };
        assert_eq!(Header::decode(&over.encode()), Err(WireError::Oversize(max + 1)));
        let mut unknown = Header::Abort.encode();
        unknown[0] = 0;
        assert_eq!(Header::decode(&unknown), Err(WireError::UnknownSignal));
    }

    #[test]
    fn a_control_message_is_exact() {
        let bytes = encode_control(&example()).unwrap();
        assert_eq!(decode_control::<Example>(&bytes), Ok(example()));
        for cut in 0..bytes.len() {
            assert_eq!(decode_control::<Example>(&bytes[..cut]), Err(WireError::Malformed));
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(decode_control::<Example>(&longer), Err(WireError::Malformed));
        let huge = Example { names: vec!["x".repeat(MAX_CONTROL)], ..example() };
        assert_eq!(encode_control(&huge), Err(WireError::Malformed));
        let mut claims_much = bytes.clone();
        claims_much[5..13].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(decode_control::<Example>(&claims_much), Err(WireError::Malformed));
    }

    proptest! {
        #[test]
        fn any_header_decodes_to_itself_or_not_at_all(bytes: [u8; HEADER]) {
            if let Ok(header) = Header::decode(&bytes) {
                prop_assert_eq!(header.encode(), bytes);
            }
        }
        #[test]
        fn any_control_bytes_decode_to_themselves_or_not_at_all(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(message) = decode_control::<Example>(&bytes) {
                prop_assert_eq!(encode_control(&message).unwrap(), bytes);
            }
        }
        #[test]
        fn a_control_stream_never_reads_past_its_limit(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(body) = read_control(&mut &bytes[..]) {
                prop_assert!(body.len() <= MAX_CONTROL);
            }
        }
    }
}
