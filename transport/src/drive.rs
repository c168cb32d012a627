//! Runs one party's protocol on the calling thread.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::Net;

/// Polls `protocol` to its end, sleeping in [`Net::park`] whenever it waits for a frame.
///
/// A protocol waits for frames only, and a frame that does not come in time is an error of
/// [`Net::poll_recv`], so this returns at the latest one time-out after the last progress.
pub fn drive<T>(net: &dyn Net, protocol: impl Future<Output = T>) -> T {
    let mut protocol = pin!(protocol);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match protocol.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => net.park(),
        }
    }
}
