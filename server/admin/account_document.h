#ifndef SERVER_ADMIN_ACCOUNT_DOCUMENT_H
#define SERVER_ADMIN_ACCOUNT_DOCUMENT_H

#include <jansson.h>

#include "registry/account_edit.h"
#include "registry/accounts.h"

/*
 * Accounts in what "registry export" prints and "registry import" reads, besides what
 * server/admin/export.c describes:
 *   "users": { NAME: { "password": RECORD, "secure": BOOL, "ignored": BOOL, "capabilities": [],
 *                      "hostmasks": [], "services": [] } },
 *   "policy": POLICY,
 *   "auth_groups": { NAME: { "style": TEXT, "password": RECORD, "description": TEXT,
 *                            "members": [] } },
 *   "networks": { NET: { "policy": POLICY, "nick": TEXT, "joined": [CHANNEL],
 *                        "channels": { CHANNEL: { "default_allow": BOOL, "lobotomized": BOOL,
 *                                                 "capabilities": [], "ignores": {} } } } }
 * POLICY is { "default_allow": BOOL, "default_ignore": BOOL, "registration": TEXT,
 * "capabilities": [], "registered": [] }. What is not set is not there.
 */

/* ---- Export, in pages ---- */

/* The users after that name ("" for the first). *next: where it goes on, within a; NULL: nowhere.
 */
json_t *document_users(const struct accounts *a, const char *after, const char **next);
/* Adds policies, profiles and what is set of networks. */
void document_add_policies(const struct accounts *a, json_t *page);
/* The networks' channels from that number on. *next: 0: these were the last. */
json_t *document_channels(const struct accounts *a, size_t from, size_t *next);

/* ---- Import ---- */

struct document_import {
    const struct accounts *accounts; /* as they stand */
    struct registry_edit *edit;
    bool replace;   /* what the document does not have of what it names goes away */
    bool continued; /* what the network has itself came in an earlier part */
    /* Masks after the first, up to the second, are all here; NULL: no such limit. With `after` the
     * rest of the channel came in an earlier part. */
    const char *ignores_after;
    const char *ignores_until;
    void (*change)(void *arg, char *text); /* takes over a line on what changes */
    void *arg;
    char why[2 * REGISTRY_WHY_SIZE]; /* what is wrong, with where it is */
};
/* Whether an ignore that stands is missing in the ignores of the document, and not in another part
 * of them. */
bool document_lacks(const struct document_import *im, const json_t *ignores, const char *mask);
bool document_is_of_accounts(const char *section);
/* Checks a section and adds its writes. 0, or -1 with why. */
int document_import(struct document_import *im, const char *section, const json_t *value);

#endif
