"""A state file of schema version 1, as an alerter in use has it: the next start must read it."""

import json

from tears.alerter.state import decode_held, decode_monitor, encode_held, encode_monitor

STORED = (
    b'{"mic":"nursery","position":{"next_index":4,"sessions":[["s1",null]],"holes":[],"retired":[],"hop_seconds":1.0,'
    b'"heard_until_seconds":8.0},"hearing":{"expected":true,"deaf":false,"ended_session":""},"policy":'
    b'{"heard_until_seconds":8.0,"evidence":[{"start_seconds":5.0,"end_seconds":6.0,"score":0.9}],"bout":'
    b'{"start_seconds":5.0,"alerted_at_seconds":7.0,"cried_until_seconds":8.0,"peak_score":0.9,"unheard_seconds":0.5},'
    b'"crying_seconds":3.0},"session":"s1","offset_seconds":0.25,"last_index":3,"heard_until_seconds":8.0,'
    b'"heard_at_wall_seconds":1700000000.0,"windows":4,"tombstones":1,"episodes":1,"score":0.9,"level_dbfs":-33.5,'
    b'"ended":false,"open_episode":{"episode_id":"246ac42d-d918-5b08-ae33-09261fa5deed","session":"s1",'
    b'"offset_seconds":0.0,"start_seconds":5.0,"alerted_at_seconds":7.0,"captured_at_seconds":1700000000.25},'
    b'"resumable_until_seconds":17.5,"deaf_times":2}'
)


def test_the_state_of_a_microphone_is_read_and_written_in_the_format_of_schema_version_1() -> None:
    state = decode_monitor(STORED)
    assert state.policy.episode is not None
    assert state.policy.episode.cried_until_seconds == 8.0
    assert state.policy.evidence[0].score == 0.9
    assert state.open_episode is not None
    assert (state.deaf_times, state.resumable_until_seconds, state.position.next_index) == (2, 17.5, 4)
    assert json.loads(encode_monitor(state)) == json.loads(STORED)


def test_a_held_detection_is_read_and_written_in_the_format_of_schema_version_1() -> None:
    stored = (
        b'{"index":7,"end_seconds":12.0,"captured_at_seconds":1700000000.25,"level_dbfs":-33.5,"score":0.9,"reason":""}'
    )
    detection = decode_held("nursery", "s1", stored)
    assert (detection.mic, detection.session, detection.index, detection.score) == ("nursery", "s1", 7, 0.9)
    assert encode_held(detection) == stored
