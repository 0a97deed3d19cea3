-- The demo's shop. Types are chosen for what goes wrong with them elsewhere: decimals, instants, nulls, line breaks.

create schema shop;

create table shop.customer_groups (
  group_id text primary key,
  name text not null,
  discount_percent numeric(5, 2),
  valid_from date not null,
  -- rows are marked, not deleted
  closed_at timestamptz
);

create table shop.items (
  item_id integer generated always as identity primary key,
  public_id uuid not null default gen_random_uuid(),
  name text not null,
  description text,
  weight_kg numeric(12, 4),
  tags jsonb not null default '[]',
  is_active boolean not null default true,
  updated_at timestamptz not null default now()
);

create table shop.prices (
  item_id integer not null references shop.items on delete cascade,
  group_id text not null references shop.customer_groups,
  amount numeric(20, 6) not null,
  currency text not null,
  valid_from timestamptz not null default now(),
  primary key (item_id, group_id)
);

-- who deletes a price leaves a tombstone, so that partners hear of it
create table shop.deleted_prices (
  item_id integer not null,
  group_id text not null,
  deleted_at timestamptz not null default now()
);

create function shop.bury_price() returns trigger language plpgsql as $$
begin
  insert into shop.deleted_prices (item_id, group_id) values (old.item_id, old.group_id);
  return old;
end $$;

create trigger bury_price after delete on shop.prices for each row execute function shop.bury_price();

create table shop.orders (
  order_id bigint generated always as identity (start with 9007199254740993) primary key,
  group_id text not null references shop.customer_groups,
  ordered_at timestamptz not null default now(),
  note text
);

create table shop.order_lines (
  order_id bigint not null references shop.orders,
  line integer not null,
  item_id integer,
  quantity numeric(12, 3) not null,
  primary key (order_id, line)
);

-- for what partners send
create table shop.prices_in (
  item_id integer primary key,
  price numeric(20, 6),
  received_at timestamptz not null default now()
);

insert into shop.customer_groups (group_id, name, discount_percent, valid_from)
values ('retail', 'Retail', null, '2020-01-01'),
       ('wholesale', 'Wholesale "big" customers', 12.50, '2020-01-01'),
       ('staff', 'Staff, friends', 20.00, '2021-06-01'),
       ('export', E'Export\nbeyond the EU', 0.00, '2022-02-28');

insert into shop.items (name, description, weight_kg, tags)
select (array ['Kettle', 'Teapot', 'Cup', 'Saucer', 'Spoon', 'Tray', 'Jar', 'Sieve', 'Tin', 'Grüne Kanne ☕'])[1 + n % 10] || ' ' || n,
       case n % 4 when 0 then null when 1 then '' when 2 then E'Two lines,\nwith "quotes"' else '0' || n end,
       case when n % 7 = 0 then null else round((n * 0.1237)::numeric, 4) end,
       case when n % 3 = 0 then '["new", "gift"]'::jsonb else '[]' end
from generate_series(1, 200) n;

insert into shop.prices (item_id, group_id, amount, currency)
select i.item_id, g.group_id, round((i.item_id * 1.234567)::numeric, 6), case g.group_id when 'export' then 'USD' else 'EUR' end
from shop.items i cross join shop.customer_groups g;

insert into shop.orders (group_id, note)
select (array ['retail', 'wholesale', 'staff', 'export'])[1 + n % 4], case n % 3 when 0 then 'leave at the door' end
from generate_series(1, 50) n;

insert into shop.order_lines (order_id, line, item_id, quantity)
select o.order_id, l, 1 + (o.order_id % 200)::integer, l * 1.5
from shop.orders o cross join generate_series(1, 2) l;
