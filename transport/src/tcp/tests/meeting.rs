//! Who comes together and who does not, and what they are told.

use std::path::Path;

use super::*;
use crate::identity::{self, keygen};

/// How long parties try to meet that cannot: enough for what they are to find out, many times over.
const SHORT: Duration = Duration::from_millis(1500);

#[test]
fn any_start_order_works() {
    for delays in [[0, 80, 160], [160, 0, 80]] {
        let mut world = world(3, true);
        // The listeners open late, as in processes that start late.
        let addresses: Vec<_> = world.listeners.iter().map(|l| l.local_addr().unwrap()).collect();
        world.listeners.clear();
        let connected = thread::scope(|s| {
            let start = |((config, address), delay): ((TcpConfig, std::net::SocketAddr), u64)| {
                s.spawn(move || {
                    thread::sleep(Duration::from_millis(delay));
                    assert_eq!(config.addresses[config.me], address.to_string());
                    TcpNet::connect(config).map(exchange_one)
                })
            };
            let parties: Vec<_> = world.configs.into_iter().zip(addresses).zip(delays).map(start).collect();
            parties.into_iter().map(|p| p.join().unwrap().unwrap()).sum::<u64>()
        });
        assert_eq!(connected, 6);
    }
}

fn exchange_one(net: TcpNet) -> u64 {
    for to in others(&net) {
        net.send(to, Stream::MAIN, frame(1, vec![1])).unwrap();
    }
    others(&net).map(|from| next(&net, from).unwrap().tag).sum()
}

#[test]
fn a_missing_party_is_named() {
    let mut world = world(3, true);
    let address = world.listeners.pop().unwrap().local_addr().unwrap();
    world.configs.pop();
    for config in &mut world.configs {
        config.connect = SHORT;
    }
    for error in world.errors() {
        assert_eq!(
            error,
            format!("these parties did not connect in time: register ({address}): Connection refused (os error 111)")
        );
    }
}

#[test]
fn a_program_that_takes_calls_and_says_nothing_is_called_silent() {
    for tls in [true, false] {
        let mut world = world(2, tls);
        let silent = world.listeners.pop().unwrap();
        world.configs.pop();
        world.configs[0].connect = SHORT;
        let address = silent.local_addr().unwrap();
        assert_eq!(
            world.errors(),
            [format!("these parties did not connect in time: bureau ({address}): it takes our calls but stays silent")]
        );
    }
}

#[test]
fn a_taken_port_is_named() {
    let world = world(2, true);
    let error = TcpNet::connect(world.configs[0].clone()).err().unwrap().to_string();
    assert_eq!(
        error,
        format!("cannot listen on {}: Address already in use (os error 98)", world.configs[0].addresses[P0])
    );
}

/// Gives `party` another identity without telling the others.
fn disguise(world: &mut World, party: PartyId, name: &str) -> Fingerprint {
    let base = world.keys.path().join(name);
    if !base.with_extension("key").exists() {
        keygen(&base, 10).unwrap();
    }
    let new = Identity::load(&base).unwrap();
    let fingerprint = new.fingerprint();
    let Security::Tls { identity, pins } = &mut world.configs[party.index()].security else { unreachable!() };
    *identity = new;
    // Its own list is right in its eyes: swap the entries so that they stay distinct.
    let old = std::mem::replace(&mut pins[party], fingerprint);
    for p in [P0, P1] {
        if p != party && pins[p] == fingerprint {
            pins[p] = old;
        }
    }
    fingerprint
}

#[test]
fn a_wrong_key_is_refused_on_both_sides() {
    let mut world = world(2, true);
    world.configs[1].connect = SHORT;
    let got = disguise(&mut world, P1, "stranger");
    let errors = world.errors();
    let address_of_bureau = errors[0].split(['(', ')']).nth(1).unwrap().to_owned();
    assert!(
        errors[0].starts_with(&format!(
            "bureau ({address_of_bureau}): wrong identity: its certificate has fingerprint {got}"
        )),
        "{errors:?}"
    );
    assert!(errors[1].contains("bank") && errors[1].contains("refused our identity"), "{errors:?}");
}

#[test]
fn swapped_roles_are_called_by_name() {
    // The bureau uses the register's key: its task file is the same but it was started with the wrong one.
    let mut world = world(3, true);
    for config in &mut world.configs {
        config.connect = SHORT;
    }
    let base = world.keys.path().join("register");
    let Security::Tls { identity, .. } = &mut world.configs[1].security else { unreachable!() };
    *identity = Identity::load(&base).unwrap();
    let errors = world.errors();
    assert!(errors[0].contains("bureau"), "{errors:?}");
    assert!(errors[1].contains("it is the identity of register (swapped roles?)"), "{errors:?}");

    // A bureau whose own list is wrong in the same way gets through to the others, who notice.
    let mut world = super::world(3, true);
    for config in &mut world.configs {
        config.connect = SHORT;
    }
    let base = world.keys.path().join("register");
    let Security::Tls { identity, pins } = &mut world.configs[1].security else { unreachable!() };
    *identity = Identity::load(&base).unwrap();
    (pins[P1], pins[P2]) = (pins[P2], pins[P1]);
    // Nobody answers for the register, so the bureau stays until the others have dialed it.
    let (_register, _) = (world.listeners.pop(), world.configs.pop());
    let errors = world.errors();
    assert!(
        errors[0].contains("swapped roles: it is expected to be bureau but shows the identity of register"),
        "{errors:?}"
    );
}

#[test]
fn certificates_of_another_time_are_refused_with_their_dates() {
    let expired = "the certificate expired on 2025-11-23 23:59:59 UTC";
    refused_with_its_date(identity::expired, expired);
    // What is left of clocks that differ: protocols have none, and time-outs ask only how long it has been.
    let early = "the certificate is valid from 2099-01-01 00:00:00 UTC only (is the clock right?)";
    refused_with_its_date(identity::from_the_future, early);
}

fn refused_with_its_date(make: fn(&Path) -> (Identity, Fingerprint), message: &str) {
    let mut world = world(2, true);
    let base = world.keys.path().join("other");
    let (identity, fingerprint) = make(&base);
    for config in &mut world.configs {
        config.connect = SHORT;
        let Security::Tls { pins, .. } = &mut config.security else { unreachable!() };
        pins[P1] = fingerprint;
    }
    let Security::Tls { identity: own, .. } = &mut world.configs[1].security else { unreachable!() };
    *own = identity;
    let errors = world.errors();
    assert!(errors[0].starts_with("bureau (127.0.0.1:"), "{errors:?}");
    assert!(errors[0].ends_with(message), "{errors:?}");
    assert!(errors[1].contains("bank"), "{errors:?}");
}

#[test]
fn other_parameters_are_told_to_both_sides_and_not_called_cheating() {
    for tls in [true, false] {
        let mut world = world(2, tls);
        world.configs[1].digest = [8; 32];
        let errors = world.errors();
        let (seven, eight) = ("07".repeat(32), "08".repeat(32));
        for (error, ours, theirs) in [(&errors[0], &seven, &eight), (&errors[1], &eight, &seven)] {
            let expected = format!("the digest of the session parameters differs: ours is {ours}, theirs is {theirs}");
            assert!(error.ends_with(&expected), "{error}");
        }
    }
}

#[test]
fn another_number_of_parties_is_told() {
    let mut world = world(2, false);
    let config = &mut world.configs[1];
    config.parties = Parties::named(["bank", "bureau", "register"].map(str::to_owned).to_vec());
    let mut addresses = config.addresses.clone().into_vec();
    addresses.push("127.0.0.1:1".to_owned());
    config.addresses = PerParty::from_vec(addresses);
    let errors = world.errors();
    assert!(errors[0].ends_with("the number of parties differs: ours is 2, theirs is 3"), "{errors:?}");
    assert!(errors[1].ends_with("the number of parties differs: ours is 3, theirs is 2"), "{errors:?}");
}

#[test]
fn tls_and_plain_do_not_meet() {
    let mut one = world(2, true);
    let two = world(2, false);
    one.configs[1].security = two.configs[1].security.clone();
    for config in &mut one.configs {
        config.connect = SHORT;
    }
    for error in one.errors() {
        assert!(error.contains("does not speak this protocol") || error.contains("did not connect"), "{error}");
    }
}

#[test]
fn plain_connections_stay_on_this_machine() {
    let world = world(2, false);
    let mut config = world.configs[0].clone();
    config.addresses[P1] = "192.0.2.1:9000".to_owned();
    config.connect = SHORT;
    let error = TcpNet::connect_on(&world.listeners[0], config).err().unwrap();
    assert!(matches!(error, ConnectError::NotLoopback { ref party, .. } if party == "bureau"), "{error}");
    let mut config = world.configs[0].clone();
    config.addresses[P0] = "0.0.0.0:0".to_owned();
    assert!(matches!(TcpNet::connect(config).err().unwrap(), ConnectError::NotLoopback { .. }));
}

#[test]
fn two_parties_never_share_a_key() {
    let mut world = world(2, true);
    let Security::Tls { pins, .. } = &mut world.configs[0].security else { unreachable!() };
    pins[P1] = pins[P0];
    let config = world.configs.remove(0);
    let error = TcpNet::connect_on(&world.listeners[0], config).err().unwrap();
    assert_eq!(error.to_string(), "bank and bureau have the same fingerprint; every party needs its own key");
}
