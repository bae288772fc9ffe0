#ifndef REGISTRY_PASSWORD_H
#define REGISTRY_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Password records: "scrypt$N$r$p$SALT$HASH" (RFC 7914; salt and hash in base64), or, brought from
 * another bot, "limnoria:SALT|SHA1HEX", which is accepted once and then replaced. Both functions
 * compute for some tens of milliseconds: worker threads only. They touch nothing but arguments.
 */
#define PASSWORD_MAX        512 /* bytes of a password; more is refused */
#define PASSWORD_MIN        6
#define PASSWORD_RECORD_MAX 256

/* 0, or -1 when the password cannot be one (too short, too long, control bytes), with why. Cheap.
 */
int password_acceptable(const char *password, char *why, size_t why_size);
/* 0 and the record, or -1 when the system fails. */
int password_hash(const char *password, char record[PASSWORD_RECORD_MAX + 1]);

enum password_verdict { PASSWORD_WRONG, PASSWORD_RIGHT, PASSWORD_RIGHT_REHASH };
/* Constant time in the password. Takes as long for an empty or malformed record as for a good one:
 * whether an account exists is not told by time. */
enum password_verdict password_verify(const char *password, const char *record);
/* Whether it is a record that password_verify can read. */
bool password_record_valid(const char *record);

#endif
