/** Runs, tasks, attempts and their artifacts. Times are milliseconds since the epoch; JSON columns hold plain data. */
export const initial = `
create table runs (
  id integer primary key autoincrement,
  flow text not null,
  parameters text not null,
  user text,
  package_hash text,
  pid integer,
  started_at integer not null,
  ended_at integer,
  outcome text
) strict;
create index runs_by_flow on runs (flow, id);

create table run_tags (
  run_id integer not null references runs (id),
  tag text not null,
  primary key (run_id, tag)
) strict, without rowid;
create index runs_by_tag on run_tags (tag, run_id);

create table tasks (
  run_id integer not null references runs (id),
  id integer not null,
  step text not null,
  foreach_stack text not null,
  parents text not null,
  created_at integer not null,
  primary key (run_id, id)
) strict, without rowid;
create index tasks_by_step on tasks (run_id, step, id);

create table attempts (
  run_id integer not null,
  task_id integer not null,
  attempt integer not null,
  nodes integer not null,
  started_at integer not null,
  ended_at integer,
  outcome text,
  verdict text,
  transition text,
  primary key (run_id, task_id, attempt),
  foreign key (run_id, task_id) references tasks (run_id, id)
) strict, without rowid;

create table artifacts (
  run_id integer not null,
  task_id integer not null,
  attempt integer not null,
  node integer not null,
  field text not null,
  hash text not null,
  encoding text not null,
  size integer not null,
  type text,
  primary key (run_id, task_id, attempt, node, field)
) strict, without rowid;
create index artifacts_by_hash on artifacts (hash);

create table events (
  run_id integer not null,
  seq integer not null,
  at integer not null,
  body text not null,
  primary key (run_id, seq)
) strict, without rowid;
`
