"""
Every case of a verdict, truly produced, and whether `wxtrace find --alarm` names it.

    drawn → server up → pushes, one of them fails → alarm → what is true, written down → lookup → compared

Run all of it with ``make scenarios``; docs/scenarios.md says what each does.
"""
