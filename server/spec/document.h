#ifndef SERVER_SPEC_DOCUMENT_H
#define SERVER_SPEC_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>

/*
 * The form of what "registry export" prints and "registry import" takes:
 *
 *   { "seshet": { "export": 1, "schema": 2 },
 *     "modules": { NAME: { "registered": true, DEFINITION, "networks": { NET: { DEFINITION } } } },
 *     "ignores": { NET or "": { MASK: END } },
 *     "storage": { KEY: { FIELD: TEXT or { "bytes": TEXT } } } }
 *
 * and accounts ("users", "policy", "auth_groups", "networks"; server/admin/account_document.h).
 *
 * A DEFINITION is "fields": { FIELD: TEXT } and "lists": { LIST: [ TEXT ] }. Everything may be
 * missing. A part of a long document may besides say "continued" and "more" (true or false), and
 * "ignores_after" and "ignores_until" (masks) where its ignores are a stretch of a longer list.
 */

/* Whether everything has the type it must have, and nothing stands there that means nothing. 0, or
 * -1 and *error (allocated): where in the document, and what is expected there. */
int document_check(const json_t *document, char **error);

#endif
