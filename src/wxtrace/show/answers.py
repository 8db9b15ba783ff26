"""
What each check asks and each answer says, by the fixed words of `wxtrace.explain`.
"""

from __future__ import annotations

from typing import Final

CHECKS: Final[dict[str, str]] = {
    "recording": "Was every host recording?",
    "url": "Is the URL the right one?",
    "dns": "Does the name resolve?",
    "domain": "Has the domain expired, or was it changed?",
    "ip": "Is the address one of yours?",
    "connects": "Can one connect to it?",
    "firewall": "Do firewall and WAF let WeChat's addresses in?",
    "wechats_test": "What does WeChat's own test of name and ping say?",
    "nginx": "Does nginx complain of connections?",
    "received": "Did that kind of push come in?",
    "in_time": "Were pushes answered within 5 s?",
    "on_arrival": "Were they late already when they came?",
    "load": "Was there more to do than the hosts can?",
    "processes": "Did a process die over a push?",
    "reply": "Does the reply keep the rules?",
    "bare_success": "Is the reply the bare word success?",
    "exceptions": "Did the handler fail with an exception?",
    "failures": "What failed, so that WeChat paused?",
    "pause": "Did pushes stop for about a minute?",
    "payment": "Is the reply what a payment needs?",
    "tickets": "Is the pushing of tickets switched on?",
    "wechats_side": "And if all of this is well?",
    "alarm_says": "What did WeChat get?",
}
"""What each check asks."""

ANSWERS: Final[dict[str, str]] = {
    # recording
    "nobody_known": "No host is known to have recorded then.",
    "not_recorded": (
        "No: {host} has no records between {from_at} and {to_at}. Hosts that missed a part of that time: {count}."
    ),
    "dropped": "No: {dropped:record was|records were} dropped.",
    "damaged": "It cannot be known: {count} things in the store cannot be read.",
    "too_early": "It is too early: what is asked about ends at {again_at}. Ask again then.",
    "recorded": "Yes, all through, and nothing was dropped. Hosts: {count}.",
    # the way
    "store_cannot_know": "The store cannot know.",
    "url_not_said": "The alarm does not say it. Pushes came in by: {entrances}.",
    "url_seen": "Yes: attempts that came in by {url}: {attempts}.",
    "url_other": "It does not look so: none came in by {url}; pushes came in by: {entrances}.",
    "url_unseen": "It cannot be told: compare {url}. Pushes came in by: {entrances}.",
    "host_not_said": "The alarm does not say the name, or it is masked.",
    "is_address": "The URL has no name but the address {host}.",
    "resolved_for_some": "For some of WeChat's servers it did: attempts that came for {host}: {attempts}.",
    "ip_not_said": "The alarm does not say it, or it is masked.",
    "ip_seen": "Yes: attempts that came for {ip}: {attempts}.",
    "ip_other": "It does not look so: none came for {ip}; pushes came in by: {entrances}.",
    "ip_not_recorded": "Requests do not tell to which address they came: compare {ip} with yours.",
    "ip_by_name": "Requests do not tell to which address they came. Is {ip} among those of {host}?",
    "others_connected": "Others could: attempts that came in meanwhile: {attempts}.",
    "no_sender": "Nothing is recorded then, from no address. Compare the rules with WeChat's list.",
    "senders_hidden": (
        "No public sender is recorded ({clients}): have the proxy pass X-Real-IP or X-Forwarded-For on. "
        "Compare the rules with WeChat's list."
    ),
    "outer_ip_not_said": (
        "The alarm does not say the sender. Addresses that got in: {addresses} ({clients}). Compare with WeChat's "
        "list."
    ),
    "outer_ip_seen": "Yes, {ip}: attempts from it {attempts}. Addresses that got in: {addresses}.",
    "outer_ip_unseen": (
        "The sender {ip} is not among the addresses that got in: {addresses} ({clients}). "
        "It may be kept out: compare with WeChat's list."
    ),
    # what came
    "nothing_came": "No push came in at all, though all hosts were recording: look at DNS, firewall, connect.",
    "none_of_it": "It cannot be told: no such push is recorded.",
    "nothing_known": "No push is recorded, and not all hosts were recording.",
    "received": (
        "Yes, {kind}: {attempts:attempt|attempts} in the window, {failed} of these failed; of those that were "
        "answered "
        "half in {p50_ns}, 99% in {p99_ns}."
    ),
    "received_none_answered": "Yes, {kind}: {attempts:attempt|attempts} in the window, {failed} of these failed.",
    "received_any": (
        "The alarm does not say which kind. Of any: {attempts:attempt|attempts} in the window, {failed} of these "
        "failed; "
        "of those that were answered half in {p50_ns}, 99% in {p99_ns}."
    ),
    "received_any_none_answered": (
        "The alarm does not say which kind. Of any: {attempts:attempt|attempts} in the window, {failed} of these "
        "failed."
    ),
    "kinds_untold": (
        "It cannot be told for {kind}: of {attempts:attempt|attempts} the body was not read, or is encrypted."
    ),
    "others_received": "No {kind} came. Of {attempts:attempt|attempts} the kinds are: {kinds}.",
    "others_known": (
        "No {kind} is recorded, and not all hosts were recording all of that time. "
        "Of {attempts:attempt|attempts} the kinds are: {kinds}."
    ),
    "all_in_time": "Yes, all {attempts:attempt|attempts}: half in {p50_ns}, 99% in {p99_ns}.",
    "too_slow": (
        "No: of {attempts:attempt|attempts} {late} took longer, or WeChat hung up. "
        "Of those that were answered half in {p50_ns}, 99% in {p99_ns}."
    ),
    "too_slow_none_answered": "No: of {attempts:attempt|attempts} {late} took longer, or WeChat hung up.",
    "too_slow_in": (
        "No: of {attempts:attempt|attempts} {late} took longer, or WeChat hung up; the one that is meant, in "
        "{module}."
    ),
    "no_first": "It cannot be told: no first attempt with a stamp came in.",
    "came_at_once": (
        "No: of {attempts:first attempt|first attempts} none came so late that no answer could be in time."
    ),
    "came_late": (
        "Yes: {late} of {attempts:first attempt|first attempts} came so late after their stamp that no answer "
        "could be in time. "
        "Look at what is before the app: a queue, TLS, the network."
    ),
    "late_retries": (
        "It cannot be told. Late, answered, and not sent again: {retries} of "
        "{attempts:first attempt|first attempts}. "
        "WeChat took those, so they are retries, and what failed before them is not recorded here."
    ),
    "clock_off": (
        "Nearly all came long after their stamp ({late} of {attempts}): rather a clock that is off. Look at NTP."
    ),
    "load_unknown": "No push is recorded, so the store cannot tell.",
    "waited": (
        "It looks so: the push that is meant waited before the app had time for it. "
        "At most {at_once} at once, {per_second} in the busiest second."
    ),
    "compare_load": (
        "Compare with what they can bear: at most {at_once} at once, {per_second} in the busiest second; some came "
        "or were answered too late."
    ),
    "none_waited": (
        "It does not look so: at most {at_once} at once, {per_second} in the busiest second, none too late."
    ),
    "died": "Yes: attempts that ended with their process: {attempts} ({hosts}).",
    "none_died": "No, over none of {attempts:attempt|attempts}.",
    "refused": "No: {refused} of {attempts:reply|replies} were refused: {reasons}.",
    "accepted": "Yes, all {judged} that could be judged.",
    "not_judged": "It cannot be told: none of {attempts:reply|replies} could be judged.",
    "raised": "Yes: {count} of {attempts:attempt|attempts}.",
    "none_raised": "No, none of {attempts:attempt|attempts}.",
    "some_failed": "{failed} of {attempts:attempt|attempts}: {outcomes}.",
    "none_failed": (
        "None of {attempts:attempt|attempts} that came in. Then others did not come in: DNS, firewall, connect."
    ),
    "paused": (
        "It looks as if WeChat had paused: nothing came from {from_at} to {to_at} ({pause_ns}), and pushes before "
        "and after. Such pauses: {count}."
    ),
    "too_few": "Too few pushes to tell: {attempts:attempt|attempts}.",
    "no_pause": "No: the longest time without a push was {pause_ns}.",
    "quiet_or_unrecorded": (
        "It cannot be told: not all hosts were recording. The longest time without a push: {pause_ns}."
    ),
    "payment_rule": "Compare: it must be XML with return_code SUCCESS.",
    "tickets_came": "Yes: {attempts:attempt|attempts}, the last at {last_at}.",
    "no_tickets": "None came in the window; one comes every ten minutes. To switch it on:",
    "no_tickets_known": (
        "None is recorded in the window, and not all hosts were recording; one comes every ten minutes. "
        "To switch it on:"
    ),
    "keep_the_ticket": (
        "Then WeChat may have been unstable: keep the last ticket, it holds for 12 hours. If it lasts, ask in the "
        "forum for service providers (服务商专区), with the appid."
    ),
    # what WeChat says that it got
    "curl_error": "No whole reply: cURL error {number} ({meaning}).",
    "status": "HTTP status {status}; it must be 200.",
    "not_decrypted": "A reply that it could not decrypt: compare EncodingAESKey and appid.",
    "this_reply": "A reply of {length} bytes that it does not take: {content}",
    "this_reply_because": "A reply of {length} bytes that it does not take ({reason}): {content}",
    "says_nothing": "The alarm does not say.",
}
"""What each answer says."""

CURL: Final[dict[int, str]] = {
    6: "the name could not be resolved",
    7: "no connection",
    28: "it took too long",
    35: "TLS failed",
    52: "nothing was replied",
    56: "the connection broke while WeChat read the reply",
    60: "the certificate was not accepted",
}
"""What the error numbers of WeChat's HTTP client mean, that alarms may show."""

UNKNOWN_CURL: Final = "see curl's list"
"""What stands for every other one."""
