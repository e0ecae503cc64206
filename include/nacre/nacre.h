/* SPDX-License-Identifier: Apache-2.0 */
/** All of nacre's public API. */
#ifndef NACRE_NACRE_H
#define NACRE_NACRE_H

#include <nacre/base.h>
#include <nacre/builder.h>
#include <nacre/formats.h>
#include <nacre/layers.h>
#include <nacre/sign.h>

#endif
