"""Entrance: whether an attempt came in where the alarm says."""

from __future__ import annotations

import pytest
from arrivals import make_alarm, make_arrival

from wxtrace.explain.entrance import another_target, entrance_points

HERE = {"client": "81.69.103.2", "server": "wx.example.com", "path": "/api/wechat"}


@pytest.mark.parametrize(
    ("said", "recorded", "expected"),
    [
        ({"OuterIP": "81.69.103.2"}, {}, {"OuterIP": True}),
        ({"OuterIP": "81.69.103.9"}, {}, {"OuterIP": False}),
        ({"OuterIP": "81.69.103.9"}, {"client": "10.0.0.4"}, {"OuterIP": None}),  # a proxy of ours stands for it
        ({"OuterIP": ""}, {}, {}),
        ({"OuterIP": "*****"}, {}, {}),
        ({"IP": "101.200.1.7"}, {}, {"IP": None}),  # a Host header with a name says no address
        ({"IP": "101.200.1.7"}, {"server": "101.200.1.7"}, {"IP": True}),
        ({"IP": "101.200.1.7"}, {"server": "101.200.1.8"}, {"IP": False}),
        ({"IP": "10.0.0.7"}, {"server": "10.0.0.8"}, {"IP": False}),
        ({"ip": "101.200.1.7"}, {"server": "127.0.0.1"}, {"IP": None}),
        ({"thirdUrl": "http://wx.example.com/api/wechat"}, {}, {"3rdUrl": True, "Host": True}),
        ({"thirdUrl": "http://wx.example.com/api/wechat/"}, {}, {"3rdUrl": True, "Host": True}),
        (
            {"thirdUrl": "http://wx.example.com/v2/api/wechat"},
            {},
            {"3rdUrl": True, "Host": True},
        ),
        ({"thirdUrl": "http://WX.example.com/pay"}, {}, {"3rdUrl": False, "Host": True}),
        ({"thirdUrl": "http://old.example.com/api/wechat?id=gh_1"}, {}, {"3rdUrl": True, "Host": False}),
        ({"thirdUrl": "http://old.example.com/"}, {"server": "10.0.0.4"}, {"3rdUrl": False, "Host": None}),
        ({"thirdUrl": "/api/wechat"}, {}, {"3rdUrl": True}),
        ({"thirdUrl": "http://www*********"}, {}, {}),
        ({"thirdUrl": "http://wx.example.com/x"}, {"path": None, "server": None}, {"3rdUrl": None, "Host": None}),
    ],
)
def test_what_the_alarm_says_is_compared_where_it_can_be(said, recorded, expected):
    """Yes, no, or not to be told: a proxy in between, a mask, a name against an address."""
    points = entrance_points(make_alarm(**said), make_arrival(**(HERE | recorded)))

    assert expected == {point.what: point.fits for point in points}


def test_another_sender_is_no_other_entrance():
    """WeChat sends and retries from many addresses: only a target that differs is another entrance."""
    sender = make_alarm(OuterIP="81.69.103.9", thirdUrl="http://wx.example.com/api/wechat")
    target = make_alarm(OuterIP="81.69.103.2", thirdUrl="http://old.example.com/api/wechat")
    arrival = make_arrival(**HERE)

    assert [None, "Host old.example.com"] == [
        another_target(entrance_points(alarm, arrival)) for alarm in (sender, target)
    ]
