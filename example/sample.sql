-- The playground's sample data: weather, service health and power consumption, 7 days of it.
--
-- Run by example/sample.java, step by step: each "-- STEP" line starts one, and one step is one transaction.
--   -- STEP title                 always
--   -- STEP [timescaledb] title   where the extension is
--   -- STEP [community] title     where it is, with compression, continuous aggregates and policies
--   -- STEP [postgres] title      where those are missing
--
-- Settings: sample.until (the newest row), sample.scale (1 = 7 days), sample.seed.
-- Every value is made from its own time, its series and the seed: the same settings give the same rows on any server.

-- STEP remove the old sample
DROP MATERIALIZED VIEW IF EXISTS health_metrics_1min_cagg;
DROP TABLE IF EXISTS meteo_metrics;     -- one by one: TimescaleDB drops a hypertable only alone
DROP TABLE IF EXISTS health_metrics;
DROP TABLE IF EXISTS power_metrics;
DROP TABLE IF EXISTS maintenance_log, channels, services, stations;

-- STEP helpers
-- Evenly spread from 0 to 1, by key and stream. PostgreSQL's own hash: unlike random() it is the same in all versions.
CREATE OR REPLACE FUNCTION pg_temp.noise(key bigint, stream bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (hashint8extended(key, stream) & 1048575) / 1048576.0::double precision $$;

-- A wave from -1 to 1 with that many seconds from crest to crest.
CREATE OR REPLACE FUNCTION pg_temp.wave(seconds bigint, period double precision, phase double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sin(6.283185307179586 * (seconds / period + phase)) $$;

-- How busy people are, 0 to 1: office hours with a lunch break, little at weekends.
CREATE OR REPLACE FUNCTION pg_temp.office_load(seconds bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  -- 1970-01-01 was a Thursday: 4; Sunday 0, Saturday 6
  SELECT CASE WHEN (seconds / 86400 + 4) % 7 IN (0, 6) THEN 0.25 ELSE 1 END
       * greatest(0, sin(3.141592653589793 * ((seconds % 86400) / 3600.0::double precision - 6) / 14))
       * (1 - 0.35 * exp(-power((seconds % 86400) / 3600.0::double precision - 12.3, 2) / 0.5))
$$;

-- STEP tables
CREATE TABLE stations (
  name       text PRIMARY KEY,
  place      text NOT NULL,
  altitude_m int NOT NULL CHECK (altitude_m BETWEEN -430 AND 8849),
  latitude   double precision NOT NULL,
  longitude  double precision NOT NULL
);
COMMENT ON TABLE stations IS 'Weather stations, one row each. Sample data.';
COMMENT ON COLUMN stations.altitude_m IS 'metres above sea level';

CREATE TABLE services (
  name    text PRIMARY KEY,
  purpose text NOT NULL,
  owner   text NOT NULL,
  tier    int NOT NULL CHECK (tier BETWEEN 1 AND 3)
);
COMMENT ON TABLE services IS 'The services whose health and power are measured. Sample data.';
COMMENT ON COLUMN services.tier IS '1 = customers notice at once, 3 = can wait until tomorrow';

CREATE TABLE channels (
  service_name text NOT NULL REFERENCES services (name),
  channel      text NOT NULL,
  rated_ampere double precision NOT NULL CHECK (rated_ampere > 0),
  purpose      text NOT NULL,
  PRIMARY KEY (service_name, channel)
);
COMMENT ON TABLE channels IS 'Power feeds of each service: A carries most of the load, B is the reserve. Sample data.';

-- No primary key, on purpose: the report should find it.
CREATE TABLE maintenance_log (
  time    timestamptz NOT NULL,
  service text NOT NULL REFERENCES services (name),
  note    text NOT NULL
);
COMMENT ON TABLE maintenance_log IS 'What people did and saw, by hand. Has no primary key, on purpose. Sample data.';
CREATE INDEX maintenance_log_service_idx ON maintenance_log (service, time);

CREATE TABLE meteo_metrics (
  time        timestamptz NOT NULL,
  station     text NOT NULL,
  temperature double precision,
  humidity    double precision CHECK (humidity BETWEEN 0 AND 100),
  pressure    double precision,
  PRIMARY KEY (station, time)
);
COMMENT ON TABLE meteo_metrics IS 'Weather, one row per station and minute. Sample data.';
COMMENT ON COLUMN meteo_metrics.temperature IS 'degrees Celsius';
COMMENT ON COLUMN meteo_metrics.humidity IS 'relative humidity in percent';
COMMENT ON COLUMN meteo_metrics.pressure IS 'air pressure at the station in hPa';

CREATE TABLE health_metrics (
  time     timestamptz NOT NULL,
  service  text NOT NULL,
  category text NOT NULL,
  health   double precision CHECK (health BETWEEN 0 AND 100),
  PRIMARY KEY (service, category, time)
);
COMMENT ON TABLE health_metrics IS
  'Health of each service in percent, one row per category and half minute. Sample data.';
COMMENT ON COLUMN health_metrics.category IS 'availability or latency';
COMMENT ON COLUMN health_metrics.health IS 'percent, 100 is best';

CREATE TABLE power_metrics (
  time         timestamptz NOT NULL,
  service_name text NOT NULL,
  channel      text NOT NULL,
  voltage      double precision,
  current      double precision,
  power        double precision,
  PRIMARY KEY (service_name, channel, time)
);
COMMENT ON TABLE power_metrics IS 'Electric power of each service, one row per feed and minute. Sample data.';
COMMENT ON COLUMN power_metrics.voltage IS 'volts';
COMMENT ON COLUMN power_metrics.current IS 'amperes';
COMMENT ON COLUMN power_metrics.power IS 'watts: voltage times current';

-- STEP stations, services, channels
INSERT INTO stations (name, place, altitude_m, latitude, longitude) VALUES
  ('city',    'roof of the town hall',      46, 48.7797,  9.1780),
  ('forest',  'clearing by the old mill',  412, 48.6950,  9.0560),
  ('harbour', 'end of the east mole',        3, 53.5420,  9.9360),
  ('summit',  'weather hut on the ridge', 2961, 47.4210, 10.9850),
  ('valley',  'fire station',              688, 47.5110, 11.0950);

INSERT INTO services (name, purpose, owner, tier) VALUES
  ('gateway', 'answers all requests from outside', 'team edge',    1),
  ('ingest',  'takes measurements in',             'team data',    1),
  ('reports', 'makes reports at night',            'team insight', 3),
  ('storage', 'keeps the measurements',            'team data',    2);

INSERT INTO channels (service_name, channel, rated_ampere, purpose)
SELECT name,
       channel,
       CASE channel WHEN 'A' THEN 16 ELSE 10 END,
       CASE channel WHEN 'A' THEN 'main feed' ELSE 'reserve feed' END
FROM services CROSS JOIN (VALUES ('A'), ('B')) AS feeds (channel);

INSERT INTO maintenance_log (time, service, note)
SELECT current_setting('sample.until')::timestamptz - age, service, note
FROM (VALUES
  (interval '6 days 2 hours',  'storage', 'disk 4 replaced'),
  (interval '4 days 7 hours',  'gateway', 'certificate renewed too late, 50 minutes of errors'),
  (interval '3 days',          'ingest',  'version 4.2 rolled out'),
  (interval '30 hours',        'ingest',  'queue full, consumers restarted'),
  (interval '11 hours',        'reports', 'monthly report took the disks'),
  (interval '5 hours',         'gateway', 'bad route, rolled back')
) AS notes (age, service, note);

-- STEP [timescaledb] hypertables
SELECT create_hypertable('meteo_metrics', 'time', chunk_time_interval => interval '1 day');
SELECT create_hypertable('health_metrics', 'time', chunk_time_interval => interval '1 day');
SELECT create_hypertable('power_metrics', 'time', chunk_time_interval => interval '1 day');

-- STEP [plain] time indexes
-- create_hypertable() makes these by itself.
CREATE INDEX meteo_metrics_time_idx ON meteo_metrics (time DESC);
CREATE INDEX health_metrics_time_idx ON health_metrics (time DESC);
CREATE INDEX power_metrics_time_idx ON power_metrics (time DESC);

-- STEP weather
-- Warmest at three in the afternoon, fronts passing over days, colder with height; the summit's hut lost its link for
-- five hours and the valley for two, and the harbour's radio drops a row now and then.
WITH settings AS (
  SELECT current_setting('sample.until')::timestamptz AS until,
         interval '7 days' * current_setting('sample.scale')::double precision AS span,
         current_setting('sample.seed')::bigint * 1000 AS seed
), series AS MATERIALIZED (
  SELECT s.name, s.altitude_m, t.mean, t.swing, settings.seed + 10 * t.id AS stream, settings.until,
         pg_temp.noise(t.id, settings.seed) AS phase, ticks.time, extract(epoch FROM ticks.time)::bigint AS seconds,
         settings.until - ticks.time AS age
  FROM settings
  CROSS JOIN stations AS s
  JOIN (VALUES
    (1, 'city', 21.5, 5.5),
    (2, 'forest', 17.0, 6.5),
    (3, 'harbour', 18.5, 3.0),
    (4, 'summit', 3.0, 2.5),
    (5, 'valley', 16.5, 7.5)
  ) AS t (id, name, mean, swing) USING (name)
  CROSS JOIN LATERAL generate_series(settings.until - settings.span, settings.until, interval '1 minute')
    AS ticks (time)
), weather AS MATERIALIZED (
  SELECT *,
         mean + swing * pg_temp.wave(seconds - 32400, 86400, 0)                       -- crest at 15:00
              + 1.8 * pg_temp.wave(seconds, 233000, 0.15) + 1.1 * pg_temp.wave(seconds, 412000, 0.6)
              -- clouds and gusts: waves that swell and fade, so that no two hours look alike
              + 1.1 * pg_temp.wave(seconds, 17300, phase) * pg_temp.wave(seconds, 71000, phase * 7)
              + 0.7 * pg_temp.wave(seconds, 6100, phase * 3) * pg_temp.wave(seconds, 39000, phase * 11)
              + 0.4 * pg_temp.wave(seconds, 1900, phase * 5) * pg_temp.wave(seconds, 14500, phase * 2)
              + 0.4 * (pg_temp.noise(seconds, stream) - 0.5) AS temperature
  FROM series
)
INSERT INTO meteo_metrics (time, station, temperature, humidity, pressure)
SELECT time, name,
       round(temperature * 100) / 100,
       round(10 * least(100, greatest(12, 66 - 2.4 * (temperature - mean) + 9 * pg_temp.wave(seconds, 301000, 0.4)
                                              + 2.0 * (pg_temp.noise(seconds, stream + 1) - 0.5)))) / 10,
       round(100 * (1013.25 * power(1 - 2.25577e-5 * altitude_m, 5.25588)
                    + 6.5 * pg_temp.wave(seconds, 390000, 0.35) + 1.2 * pg_temp.wave(seconds, 43200, 0)
                    + 0.2 * (pg_temp.noise(seconds, stream + 2) - 0.5))) / 100
FROM weather
WHERE NOT (name = 'summit' AND age BETWEEN interval '47 hours' AND interval '52 hours')
  AND NOT (name = 'valley' AND age BETWEEN interval '7 hours' AND interval '9 hours')
  AND NOT (name = 'harbour' AND age > interval '0' AND pg_temp.noise(seconds, stream + 3) < 0.004)
ORDER BY time, name;

-- STEP health
-- Near 100, a little slower under load, and incidents that come back every week: a steep fall, then recovery.
-- Ingest sent nothing for two hours of the last day.
WITH settings AS (
  SELECT current_setting('sample.until')::timestamptz AS until,
         interval '7 days' * current_setting('sample.scale')::double precision AS span,
         current_setting('sample.seed')::bigint * 1000 AS seed
), incidents (service, category, from_age, minutes, depth) AS (VALUES   -- from_age: seconds before the end of the week
  ('gateway', 'availability', 371000,  50, 72.0),
  ('gateway', 'latency',      371000,  70, 55.0),
  ('gateway', 'availability',  18000,  18, 41.0),
  ('gateway', 'latency',       18000,  35, 38.0),
  ('ingest',  'latency',      108000, 150, 63.0),
  ('ingest',  'availability', 106200,  90, 27.0),
  ('reports', 'latency',       39600, 120, 48.0),
  ('storage', 'latency',      525600, 240, 33.0)
), series AS MATERIALIZED (
  SELECT s.service, c.category, settings.seed + 200 + 10 * (2 * s.id + c.id) AS stream, ticks.time,
         extract(epoch FROM ticks.time)::bigint AS seconds,
         extract(epoch FROM settings.until - ticks.time)::bigint AS age
  FROM settings
  CROSS JOIN (VALUES (0, 'gateway'), (1, 'ingest'), (2, 'reports'), (3, 'storage')) AS s (id, service)
  CROSS JOIN (VALUES (0, 'availability'), (1, 'latency')) AS c (id, category)
  CROSS JOIN LATERAL generate_series(settings.until - settings.span, settings.until, interval '30 seconds')
    AS ticks (time)
)
INSERT INTO health_metrics (time, service, category, health)
SELECT s.time, s.service, s.category,
       round(100 * least(100, greatest(0,
         CASE s.category
           WHEN 'availability' THEN 99.8 - 0.4 * pg_temp.noise(s.seconds, s.stream)
           ELSE 97.5 - 6 * pg_temp.office_load(s.seconds) - 2.5 * pg_temp.noise(s.seconds, s.stream)
         END
         - CASE WHEN pg_temp.noise(s.seconds, s.stream + 1) < 0.0015 THEN 12 ELSE 0 END   -- a lone slow answer
         -- falls within four minutes, and recovers in the last 40 %
         - coalesce(i.depth * least(1, (i.from_age - s.age % 604800) / 240.0,
                                    (60 * i.minutes - i.from_age + s.age % 604800) / (24.0 * i.minutes))
                            * (0.9 + 0.2 * pg_temp.noise(s.seconds, s.stream + 2)), 0)))) / 100
FROM series AS s
LEFT JOIN incidents AS i
  ON i.service = s.service AND i.category = s.category
  AND s.age % 604800 BETWEEN i.from_age - 60 * i.minutes AND i.from_age
WHERE NOT (s.service = 'ingest' AND s.age BETWEEN 72000 AND 79200)
ORDER BY s.time, s.service, s.category;

-- STEP power
-- Each service has its own rhythm; feed A carries two thirds. Two days before the end feed A of storage was off for
-- 25 minutes and B carried all; the meter of reports' feed B was away for three hours.
WITH settings AS (
  SELECT current_setting('sample.until')::timestamptz AS until,
         interval '7 days' * current_setting('sample.scale')::double precision AS span,
         current_setting('sample.seed')::bigint * 1000 AS seed
), demand AS MATERIALIZED (
  SELECT s.service_name, settings.seed + 400 + 10 * s.id AS stream, ticks.time, ticks.seconds,
         settings.until - ticks.time AS age,
         s.base + s.swing * pg_temp.office_load(ticks.seconds)
         + CASE s.service_name
             -- from 01:00 to 03:00
             WHEN 'reports' THEN CASE WHEN ticks.seconds % 86400 BETWEEN 3600 AND 10800 THEN 420 ELSE 0 END
             -- reads all disks, 4 times a day
             WHEN 'storage' THEN CASE WHEN ticks.seconds % 21600 BETWEEN 7200 AND 9600 THEN 160 ELSE 0 END
             WHEN 'ingest' THEN 35 * pg_temp.wave(ticks.seconds, 5400, 0) * pg_temp.wave(ticks.seconds, 40000, 0.2)
             ELSE 0
           END
         + s.base * 0.06 * (pg_temp.noise(ticks.seconds, settings.seed + 400 + 10 * s.id) - 0.5) AS watts
  FROM settings
  CROSS JOIN (VALUES
    (0, 'gateway', 180.0, 260.0),
    (1, 'ingest', 260.0, 150.0),
    (2, 'reports', 90.0, 60.0),
    (3, 'storage', 340.0, 60.0)
  ) AS s (id, service_name, base, swing)
  CROSS JOIN LATERAL (
    SELECT t AS time, extract(epoch FROM t)::bigint AS seconds
    FROM generate_series(settings.until - settings.span, settings.until, interval '1 minute') AS t
  ) AS ticks
), feeds AS MATERIALIZED (   -- else voltage would be worked out four times a row
  SELECT d.time, d.service_name, f.channel, d.age,
         round(10 * (230 + 1.6 * pg_temp.wave(d.seconds, 86400, 0.1) - 2.2 * pg_temp.office_load(d.seconds)
                     + 0.8 * (pg_temp.noise(d.seconds, d.stream + f.id) - 0.5))) / 10 AS voltage,
         d.watts * CASE
           WHEN d.service_name = 'storage' AND d.age BETWEEN interval '48 hours' AND interval '48 hours 25 minutes'
             THEN CASE f.channel WHEN 'A' THEN 0 ELSE 1 END
           ELSE f.share
         END AS watts
  FROM demand AS d
  CROSS JOIN (VALUES (1, 'A', 0.67), (2, 'B', 0.33)) AS f (id, channel, share)
), currents AS (
  SELECT *, round(1000 * watts / voltage) / 1000 AS current FROM feeds
)
INSERT INTO power_metrics (time, service_name, channel, voltage, current, power)
SELECT time, service_name, channel, voltage, current, round(10 * voltage * current) / 10
FROM currents
WHERE NOT (service_name = 'reports' AND channel = 'B' AND age BETWEEN interval '75 hours' AND interval '78 hours')
ORDER BY time, service_name, channel;

-- STEP foreign keys
ALTER TABLE meteo_metrics ADD FOREIGN KEY (station) REFERENCES stations (name);
ALTER TABLE health_metrics ADD FOREIGN KEY (service) REFERENCES services (name);
ALTER TABLE power_metrics ADD FOREIGN KEY (service_name, channel) REFERENCES channels (service_name, channel);

-- STEP something for the health report to find
CREATE INDEX meteo_metrics_pressure_idx ON meteo_metrics (pressure);         -- no query uses it
CREATE INDEX health_metrics_time_again_idx ON health_metrics (time DESC);    -- the same as health_metrics_time_idx

-- STEP [community] continuous aggregate
CREATE MATERIALIZED VIEW health_metrics_1min_cagg
WITH (timescaledb.continuous) AS
SELECT time_bucket('1 minute', time) AS time, service, category,
       avg(health) AS avg_health, min(health) AS min_percentage, max(health) AS max_percentage
FROM health_metrics
GROUP BY 1, 2, 3
WITH NO DATA;
-- (in the same step: what is not marked as the sample's is not replaced by the next one)
COMMENT ON VIEW health_metrics_1min_cagg IS 'Health per minute, so that charts of long windows are quick. Sample data.';

-- STEP [community] fill the continuous aggregate
CALL refresh_continuous_aggregate('health_metrics_1min_cagg', NULL, NULL);

-- STEP [postgres] materialized view in place of the continuous aggregate
CREATE MATERIALIZED VIEW health_metrics_1min_cagg AS
SELECT date_trunc('minute', time) AS time, service, category,
       avg(health) AS avg_health, min(health) AS min_percentage, max(health) AS max_percentage
FROM health_metrics
GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX health_metrics_1min_cagg_idx ON health_metrics_1min_cagg (service, category, time);
COMMENT ON MATERIALIZED VIEW health_metrics_1min_cagg IS
  'Health per minute, so that charts of long windows are quick. Sample data.';

-- STEP [community] compression of what is older than three days
ALTER TABLE meteo_metrics SET (
  timescaledb.compress,
  timescaledb.compress_segmentby = 'station',
  timescaledb.compress_orderby = 'time DESC'
);
ALTER TABLE health_metrics SET (
  timescaledb.compress,
  timescaledb.compress_segmentby = 'service, category',
  timescaledb.compress_orderby = 'time DESC'
);
ALTER TABLE power_metrics SET (
  timescaledb.compress,
  timescaledb.compress_segmentby = 'service_name, channel',
  timescaledb.compress_orderby = 'time DESC'
);
SELECT compress_chunk(chunk)
FROM (VALUES ('meteo_metrics'::regclass), ('health_metrics'), ('power_metrics')) AS hypertables (name)
CROSS JOIN LATERAL show_chunks(name, older_than => current_setting('sample.until')::timestamptz - interval '3 days')
  AS chunk;

-- STEP [community] policies
SELECT add_compression_policy('meteo_metrics', interval '3 days');
SELECT add_compression_policy('health_metrics', interval '3 days');
SELECT add_compression_policy('power_metrics', interval '3 days');
SELECT add_continuous_aggregate_policy('health_metrics_1min_cagg',
  start_offset => interval '2 days', end_offset => interval '1 minute', schedule_interval => interval '1 minute');
-- Ten years: the sample ends in 2025, and a shorter retention would delete it as soon as the server's workers run.
SELECT add_retention_policy('meteo_metrics', interval '10 years');
SELECT add_retention_policy('health_metrics', interval '10 years');
SELECT add_retention_policy('power_metrics', interval '10 years');

-- STEP statistics
ANALYZE stations, services, channels, maintenance_log, meteo_metrics, health_metrics, power_metrics;
