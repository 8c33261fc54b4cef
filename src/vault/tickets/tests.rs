//! Each state of a ticket, its deadlines, and what is counted about all of them.

use super::*;

const KEY: Key = [1; 16];

fn ticket(n: u8) -> Ticket {
    Ticket::from_random([n; 16])
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn empty() -> Tickets {
    Tickets::new(Lifetimes { unspent: seconds(10), spent: seconds(30) }, Arc::default())
}

fn issue(tickets: &mut Tickets, n: u8, remaining: Option<u32>, now: Instant) {
    tickets.issue(ticket(n), TargetSource::Postmaster, Some(Admitted { key: KEY, remaining }), 7, now);
}

fn expected(tickets: &Tickets) -> usize {
    tickets.expected_spends.load(Ordering::Relaxed)
}

fn assert_empty(tickets: &Tickets) {
    assert_eq!((tickets.count(), tickets.count_of(7), tickets.by_alias.len(), expected(tickets)), (0, 0, 0, 0));
}

#[test]
fn each_step_works_in_order() {
    let (mut tickets, now) = (empty(), Instant::now());
    issue(&mut tickets, 1, Some(9), now);
    assert_eq!((tickets.count_of(7), tickets.count_of(8), expected(&tickets)), (1, 0, 0));
    assert_eq!(tickets.begin_spend(ticket(1)), None, "not redeemed");
    for _ in 0..2 {
        assert!(tickets.redeem(ticket(1)).is_some(), "as often as it takes");
        assert_eq!(expected(&tickets), 1);
    }
    assert_eq!(tickets.take_spent(ticket(1)), None, "not spent");
    assert_eq!(tickets.begin_spend(ticket(1)), Some(Spendable::Alias(KEY)));
    assert_eq!(tickets.begin_spend(ticket(1)), None, "once");
    tickets.release(ticket(1));
    assert!(tickets.redeem(ticket(1)).is_none() && tickets.take_spent(ticket(1)).is_none());
    assert_eq!(expected(&tickets), 1, "a release during a spend does nothing");
    tickets.end_spend(ticket(1), true, now);
    assert_eq!(expected(&tickets), 0);
    tickets.release(ticket(1));
    assert_eq!(tickets.take_spent(ticket(1)), Some(Spent { key: KEY, deadline: now + seconds(30) }));
    assert_eq!(tickets.take_spent(ticket(1)), None);
    assert_empty(&tickets);
}

#[test]
fn a_spend_that_is_not_counted_ends_the_ticket() {
    let (mut tickets, now) = (empty(), Instant::now());
    issue(&mut tickets, 1, None, now);
    assert!(tickets.redeem(ticket(1)).is_some());
    assert_eq!((tickets.count(), expected(&tickets)), (1, 0), "it lives until it is spent");
    assert!(tickets.begin_spend(ticket(1)).is_some());
    tickets.end_spend(ticket(1), false, now);
    assert!(tickets.take_spent(ticket(1)).is_none());
    assert_empty(&tickets);
    tickets.issue(ticket(2), TargetSource::Postmaster, None, 7, now);
    assert!(tickets.redeem(ticket(2)).is_some_and(|(_, scarce)| !scarce));
    assert_eq!(tickets.begin_spend(ticket(2)), Some(Spendable::Role));
    assert_empty(&tickets);
}

#[test]
fn released_before_it_is_spent_it_is_gone() {
    let (mut tickets, now) = (empty(), Instant::now());
    for redeemed in [false, true] {
        issue(&mut tickets, 1, Some(9), now);
        assert!(!redeemed || tickets.redeem(ticket(1)).is_some());
        tickets.release(ticket(1));
        assert_empty(&tickets);
    }
}

/// Uses left of an alias, and tickets for it; whether they are scarce.
#[test]
fn uses_are_scarce_by_what_is_on_its_way() {
    for (remaining, outstanding, expected) in [
        (Some(1), 1, true),
        (Some(2), 1, true),
        (Some(3), 1, false),
        (Some(3), 2, false),
        (Some(3), 3, true),
        (Some(10), 200, true),
        (Some(200), 200, true),
        (Some(201), 200, false),
        (None, 200, false),
    ] {
        let (mut tickets, now) = (empty(), Instant::now());
        (0..outstanding).for_each(|n| issue(&mut tickets, n, remaining, now));
        let scarce = tickets.redeem(ticket(0)).map(|(_, scarce)| scarce);
        assert_eq!(scarce, Some(expected), "{remaining:?} of {outstanding}");
    }
}

#[test]
fn deadlines_end_what_is_not_being_spent() {
    let (mut tickets, start) = (empty(), Instant::now());
    (1..=4).for_each(|n| issue(&mut tickets, n, Some(9), start));
    for n in 2..=4 {
        assert!(tickets.redeem(ticket(n)).is_some());
    }
    tickets.begin_spend(ticket(3)).unwrap();
    tickets.begin_spend(ticket(4)).unwrap();
    tickets.end_spend(ticket(4), true, start + seconds(9));
    tickets.expire(start + seconds(9));
    assert_eq!(tickets.count(), 4);
    tickets.expire(start + seconds(11));
    assert_eq!((tickets.count(), tickets.unspent.len()), (2, 0));
    tickets.end_spend(ticket(3), true, start + seconds(12));
    tickets.expire(start + seconds(38));
    assert_eq!(tickets.count(), 2, "a spent one lives for longer");
    tickets.expire(start + seconds(40));
    assert_eq!(tickets.count(), 1);
    tickets.expire(start + seconds(43));
    assert_eq!(tickets.spent.len(), 0);
    assert_empty(&tickets);
}

/// With a slow smarthost, the use of an undelivered message is still given back.
#[test]
fn a_refund_after_slow_phases_is_taken() {
    let text = "hostname = 'mx.example.org'\ndomains = ['example.org']\n[smtp]\ntransaction_timeout = '60s'\n\
                [relay]\nsmarthost = 'mail.example.org'\nconnect_timeout = '40s'\ncommand_timeout = '50s'\n\
                data_init_timeout = '70s'\ndata_block_timeout = '80s'\ndata_end_timeout = '90s'\n";
    let fixed = crate::config::parse(text).config.unwrap().vault.fixed;
    let lifetimes = Lifetimes { unspent: fixed.ticket_lifetime, spent: fixed.unsettled_lifetime };
    let mut tickets = Tickets::new(lifetimes, Arc::default());
    let start = Instant::now();
    issue(&mut tickets, 1, Some(9), start);
    // Almost as long as a client may take with a relay that is as slow as it may be.
    let phases = [59, 39, 49, 49, 69, 79];
    let spent = start + seconds(phases.iter().sum());
    tickets.expire(spent);
    assert!(tickets.redeem(ticket(1)).is_some() && tickets.begin_spend(ticket(1)).is_some());
    tickets.end_spend(ticket(1), true, spent);
    tickets.expire(spent + seconds(89));
    assert!(tickets.take_spent(ticket(1)).is_some());
}
