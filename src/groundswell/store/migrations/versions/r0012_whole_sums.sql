-- sum(bigint) counts in numeric, lest it overflow; a day by the minute has 23,000 such sums, and with them took twice
-- as long. This one stays in bigint, and fails where it would overflow.

CREATE AGGREGATE whole_sum(bigint) (SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE);
