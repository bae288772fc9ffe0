#ifndef SERVER_CTL_FAULTS_H
#define SERVER_CTL_FAULTS_H

#include <jansson.h>

#include "server/ctl/table.h"

/* Which modules failed where, and which are quarantined for it; nothing when there is none. */
void show_faults(const struct screen *screen, const json_t *faults);

#endif
