// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/delay.h>
#include "sensor.h"

int other_file_bad(struct sensor *s)
{
	int value;

	spin_lock(&s->lock);
	value = sensor_read(s); //~ ERROR sleep-in-atomic
	spin_unlock(&s->lock);
	return value;
}

int stored_pointer_bad(struct sensor *s)
{
	int value;

	spin_lock(&s->lock);
	value = s->read(s); //~ ERROR sleep-in-atomic
	spin_unlock(&s->lock);
	return value;
}

void locked_there_bad(struct sensor *s)
{
	sensor_lock(s);
	msleep(5); //~ ERROR sleep-in-atomic
	sensor_unlock(s);
}

void unlocked_there_ok(struct sensor *s)
{
	spin_lock(&s->lock);
	s->value++;
	sensor_unlock(s);
	msleep(5);
}
