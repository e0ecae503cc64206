/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the cache in SQLite. */
#include "builder/cache_table.h"

#include "base/digest.h"
#include "base/scope.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FILE_NAME "build.db"
#define APPLICATION 0x6e616372 /* "nacr" */
#define FORMAT 1	       /* of the table; another one is set aside */
#define WAIT_MS 10000	       /* for other builds that write */
#define SEAL 16		       /* bytes of a row's own digest, in front of its value */
#define ROW_BYTES 256	       /* what a row costs, about */

enum {
	GET,
	USE,
	PUT,
	BEGIN,
	BEGIN_READING,
	END,
	BYTES,
	OLDEST,
	DROP,
	STATEMENTS,
};

/* Order of use is a number that each opening counts on: no clock, and no writing on each use. */
static const char *const texts[STATEMENTS] = {
	[GET] = "SELECT value, used FROM entries WHERE kind = ?1 AND key = ?2",
	[USE] = "UPDATE entries SET used = ?3 WHERE kind = ?1 AND key = ?2",
	[PUT] = "INSERT OR REPLACE INTO entries VALUES (?1, ?2, ?3, ?4, ?5)",
	[BEGIN] = "BEGIN IMMEDIATE",
	[BEGIN_READING] = "BEGIN",
	[END] = "COMMIT",
	[BYTES] = "SELECT total(bytes) FROM entries",
	[OLDEST] = "SELECT kind, key, bytes FROM entries ORDER BY used LIMIT 1",
	[DROP] = "DELETE FROM entries WHERE kind = ?1 AND key = ?2",
};

static const char schema[] =
	"CREATE TABLE entries (kind INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, "
	"bytes INTEGER NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
	"CREATE INDEX by_use ON entries (used, bytes);"
	"CREATE TABLE uses (count INTEGER NOT NULL);"
	"INSERT INTO uses VALUES (0);";

struct nacre_cache_table {
	int dir;
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	sqlite3_int64 use; /* the number of this opening */
	bool is_broken;	   /* damaged: nothing more is asked of it */
	bool is_busy;	   /* others have written for too long: it is only read */
};

/* ------------------------------------------------------------------ SQLite */

static void close_db(struct nacre_cache_table *t)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(t->statements[i]);
		t->statements[i] = NULL;
	}
	(void)sqlite3_close(t->db);
	t->db = NULL;
}

/* A table that others write to for too long is only left alone. */
static int note(struct nacre_cache_table *t, int rc)
{
	if ((rc & 0xff) == SQLITE_BUSY && rc != SQLITE_BUSY_SNAPSHOT)
		t->is_busy = true;
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_NOMEM:
	case SQLITE_READONLY:
	case SQLITE_INTERRUPT:
		break;
	default:
		t->is_broken = true;
	}
	return rc & 0xff;
}

static int run_text(struct nacre_cache_table *t, const char *text)
{
	return note(t, sqlite3_exec(t->db, text, NULL, NULL, NULL)) == SQLITE_OK ? 0 : -1;
}

static sqlite3_int64 ask_number(struct nacre_cache_table *t, const char *text, sqlite3_int64 none)
{
	sqlite3_stmt *statement = NULL;
	sqlite3_int64 number = none;

	if (note(t, sqlite3_prepare_v2(t->db, text, -1, &statement, NULL)) == SQLITE_OK &&
		note(t, sqlite3_step(statement)) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

/* ----------------------------------------------------------------- opening */

/* One process at a time looks at what is there and makes what is missing. */
static int lock_dir(int dir)
{
	int fd = openat(dir, "build.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX) < 0)
		nacre_fd_close(&fd);
	return fd;
}

static void set_aside(int dir)
{
	(void)renameat(dir, FILE_NAME, dir, FILE_NAME ".damaged");
	(void)unlinkat(dir, FILE_NAME "-wal", 0);
	(void)unlinkat(dir, FILE_NAME "-shm", 0);
}

static int make_schema(struct nacre_cache_table *t)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "PRAGMA application_id = %d; PRAGMA user_version = %d;",
		APPLICATION, FORMAT);
	return run_text(t, "BEGIN IMMEDIATE;") || run_text(t, schema) || run_text(t, text) ||
			run_text(t, "COMMIT;")
		? -1
		: 0;
}

/* Lost when the machine crashes is at most what can be made again; what is torn then shows. */
static int open_db(struct nacre_cache_table *t, const char *file)
{
	bool is_new;

	t->is_broken = false;
	if (note(t,
		    sqlite3_open_v2(file, &t->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL)) != SQLITE_OK)
		return -1;
	(void)sqlite3_busy_timeout(t->db, WAIT_MS);
	(void)sqlite3_extended_result_codes(t->db, 1);
	is_new = ask_number(t, "SELECT count(*) FROM sqlite_master", -1) == 0;
	if (t->is_broken)
		return -1;
	if (is_new && run_text(t, "PRAGMA auto_vacuum = INCREMENTAL;"))
		return -1;
	if (run_text(t, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;") ||
		(is_new && make_schema(t)))
		return -1;
	return ask_number(t, "PRAGMA application_id", 0) == APPLICATION &&
			ask_number(t, "PRAGMA user_version", 0) == FORMAT
		? 0
		: -1;
}

static int prepare(struct nacre_cache_table *t)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		if (note(t,
			    sqlite3_prepare_v3(t->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
				    &t->statements[i], NULL)) != SQLITE_OK)
			return -1;
	}
	(void)run_text(t, "UPDATE uses SET count = count + 1;");
	t->use = ask_number(t, "SELECT count FROM uses", 0);
	return t->is_broken ? -1 : 0;
}

static bool open_as_it_is(struct nacre_cache_table *t, const char *file)
{
	return open_db(t, file) == 0 && prepare(t) == 0;
}

static int open_or_begin_anew(struct nacre_cache_table *t, const char *file, struct nacre_err *err)
{
	int lock = lock_dir(t->dir);
	int rc = 0;

	if (!open_as_it_is(t, file)) {
		close_db(t);
		set_aside(t->dir);
		if (!open_as_it_is(t, file))
			rc = nacre_fail(err, NACRE_E_IO, "%s: %s", FILE_NAME,
				t->db ? sqlite3_errmsg(t->db) : "cannot be opened");
	}
	nacre_fd_close(&lock);
	return rc;
}

int nacre_cache_table_open(
	int dir, const char *path, struct nacre_cache_table **out_table, struct nacre_err *err)
{
	struct nacre_cache_table *t = calloc(1, sizeof(*t));
	nacre_autofree char *file = NULL;
	int rc;

	if (!t || asprintf(&file, "%s/" FILE_NAME, path) < 0) {
		file = NULL;
		free(t);
		return nacre_fail_nomem(err);
	}
	t->dir = dir;
	rc = open_or_begin_anew(t, file, err);
	if (rc) {
		close_db(t);
		free(t);
		return rc;
	}
	*out_table = t;
	return 0;
}

void nacre_cache_table_free(struct nacre_cache_table *table)
{
	if (!table)
		return;
	close_db(table);
	if (table->is_broken)
		set_aside(table->dir);
	free(table);
}

/* -------------------------------------------------------------------- rows */

/* A row that names another key, or was changed, does not have this in front of it. */
static void seal(enum nacre_cache_kind kind, const char *key, const void *value, size_t len,
	char out_seal[SEAL])
{
	struct nacre_hash *hash = NULL;
	struct nacre_digest digest;
	char head[16];

	memset(out_seal, 0, SEAL);
	if (nacre_hash_new(&hash, NULL))
		return;
	(void)snprintf(head, sizeof(head), "%d ", (int)kind);
	nacre_hash_add(hash, head, strlen(head));
	nacre_hash_add(hash, key, strlen(key) + 1);
	nacre_hash_add(hash, value, len);
	nacre_hash_finish(hash, &digest);
	nacre_hash_free(hash);
	memcpy(out_seal, nacre_digest_hex(&digest), SEAL);
}

static sqlite3_stmt *begin(
	struct nacre_cache_table *t, int which, enum nacre_cache_kind kind, const char *key)
{
	bool is_writing = which == PUT || which == USE || which == DROP;
	sqlite3_stmt *s = t->is_broken || (is_writing && t->is_busy) ? NULL : t->statements[which];

	if (!s)
		return NULL;
	(void)sqlite3_bind_int(s, 1, (int)kind);
	(void)sqlite3_bind_text(s, 2, key, -1, SQLITE_STATIC);
	return s;
}

static void end(sqlite3_stmt *s)
{
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
}

static bool take_value(enum nacre_cache_kind kind, const char *key, const char *data, int len,
	struct nacre_buf *out_value)
{
	char want[SEAL];

	if (!data || len < SEAL)
		return false;
	seal(kind, key, data + SEAL, (size_t)len - SEAL, want);
	return memcmp(want, data, SEAL) == 0 &&
		nacre_buf_add(out_value, data + SEAL, (size_t)len - SEAL, NULL) == 0;
}

static void use(struct nacre_cache_table *t, enum nacre_cache_kind kind, const char *key)
{
	sqlite3_stmt *s = begin(t, USE, kind, key);

	if (!s)
		return;
	(void)sqlite3_bind_int64(s, 3, t->use);
	(void)note(t, sqlite3_step(s));
	end(s);
}

bool nacre_cache_table_get(struct nacre_cache_table *table, enum nacre_cache_kind kind,
	const char *key, struct nacre_buf *out_value)
{
	sqlite3_stmt *s = begin(table, GET, kind, key);
	sqlite3_int64 used = table->use;
	bool found = false;

	out_value->len = 0;
	if (!s)
		return false;
	if (note(table, sqlite3_step(s)) == SQLITE_ROW) {
		found = take_value(kind, key, sqlite3_column_blob(s, 0), sqlite3_column_bytes(s, 0),
			out_value);
		used = sqlite3_column_int64(s, 1);
	}
	end(s);
	/* Not each use is written: what was used lately stays long enough. */
	if (found && table->use - used >= 8)
		use(table, kind, key);
	return found;
}

void nacre_cache_table_put(struct nacre_cache_table *table, enum nacre_cache_kind kind,
	const char *key, const void *value, size_t len, uint64_t bytes)
{
	nacre_autofree char *sealed = malloc(SEAL + len);
	sqlite3_stmt *s = begin(table, PUT, kind, key);

	if (!s || !sealed || len > NACRE_CACHE_VALUE)
		return;
	seal(kind, key, value, len, sealed);
	if (len > 0)
		memcpy(sealed + SEAL, value, len);
	(void)sqlite3_bind_blob(s, 3, sealed, (int)(SEAL + len), SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 4, (sqlite3_int64)(bytes + len + ROW_BYTES));
	(void)sqlite3_bind_int64(s, 5, table->use);
	(void)note(table, sqlite3_step(s));
	end(s);
}

static void run(struct nacre_cache_table *t, int which)
{
	bool is_useless = t->is_broken || (which == BEGIN && t->is_busy);
	sqlite3_stmt *s = is_useless ? NULL : t->statements[which];

	if (!s)
		return;
	(void)note(t, sqlite3_step(s));
	(void)sqlite3_reset(s);
}

void nacre_cache_table_begin(struct nacre_cache_table *table)
{
	if (sqlite3_get_autocommit(table->db))
		run(table, BEGIN);
}

void nacre_cache_table_begin_reading(struct nacre_cache_table *table)
{
	if (sqlite3_get_autocommit(table->db))
		run(table, BEGIN_READING);
}

void nacre_cache_table_end(struct nacre_cache_table *table)
{
	if (!sqlite3_get_autocommit(table->db))
		run(table, END);
}

/* ---------------------------------------------------------------- trimming */

uint64_t nacre_cache_table_bytes(struct nacre_cache_table *table)
{
	sqlite3_stmt *s = table->is_broken ? NULL : table->statements[BYTES];
	double bytes = 0;

	if (!s)
		return 0;
	if (note(table, sqlite3_step(s)) == SQLITE_ROW)
		bytes = sqlite3_column_double(s, 0);
	(void)sqlite3_reset(s);
	return bytes > 0 ? (uint64_t)bytes : 0;
}

/* Returns what the row stood for; 0: there is none. */
static uint64_t drop_oldest(struct nacre_cache_table *t, nacre_cache_gone_fn *gone, void *user)
{
	sqlite3_stmt *s = t->is_broken ? NULL : t->statements[OLDEST], *drop;
	nacre_autofree char *key = NULL;
	enum nacre_cache_kind kind = NACRE_CACHE_CONTENT;
	uint64_t bytes = 0;

	if (s && note(t, sqlite3_step(s)) == SQLITE_ROW) {
		kind = (enum nacre_cache_kind)sqlite3_column_int(s, 0);
		key = strdup((const char *)sqlite3_column_text(s, 1));
		bytes = (uint64_t)sqlite3_column_int64(s, 2);
		if (key)
			gone(kind, key, user);
	}
	if (s)
		(void)sqlite3_reset(s);
	drop = key ? begin(t, DROP, kind, key) : NULL;
	if (!drop)
		return 0;
	if (note(t, sqlite3_step(drop)) != SQLITE_DONE)
		bytes = 0;
	end(drop);
	return bytes;
}

void nacre_cache_table_trim(
	struct nacre_cache_table *table, uint64_t most, nacre_cache_gone_fn *gone, void *user)
{
	uint64_t left = nacre_cache_table_bytes(table), bytes;

	if (left <= most)
		return;
	nacre_cache_table_begin(table);
	while (left > most && (bytes = drop_oldest(table, gone, user)) > 0)
		left -= bytes < left ? bytes : left;
	nacre_cache_table_end(table);
	(void)run_text(table, "PRAGMA incremental_vacuum;");
}
