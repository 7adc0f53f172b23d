"""Working time: calendars, holidays, make-up days (调休), due times and their explanation.

Others import from `services` (due, working_time_between, load_calendar, refresh_days …) and, for values,
`engine`. `engine` is pure: it counts over a `Timetable` and knows no database. `national` asks the two
holiday libraries; `loading` turns rows into a `Timetable` in a constant number of queries. What was decided
about make-up days, store overrides and years not announced yet: `docs/decisions/0005-working-calendar.md`.
"""
