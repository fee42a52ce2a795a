package takeout

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// sort is what a file can be by its name alone.
type sort uint8

const (
	leftAlone     sort = iota
	profileFile        // Profile.csv
	weightArray        // classic JSON
	heightArray        //
	caloriesArray      //
	stepsArray         //
	googleHeights      // height.csv
	googleWeights      // weight.csv
	unknownJSON        // the first bytes tell
	unknownTable       // the header tells
	packedArchive      // a zip or tar
)

// byName is a file sorted by its name. A file that is left alone has a reason
// and the family it belongs to.
type byName struct {
	sort
	reason, family string
}

// The reasons to leave files alone.
const (
	reasonNotShown = "nothing that vitals shows"
	reasonExplains = "explanations, not data"
	reasonNoData   = "no data files"
	reasonPrivate  = "account security"
	reasonSheet    = "spreadsheets: save them as CSV first"
	reasonJunk     = "left behind by a Mac"
	reasonNested   = "archives inside archives: unpack them first"
	reasonLink     = "links to somewhere else"
	reasonDevice   = "neither files nor folders"
	reasonOther    = "no dates with weights, body fat, calories or steps"
	reasonSame     = "copies of another part"
)

var (
	classicName   = regexp.MustCompile(`^(weight|height|calories|steps)-\d{4}-\d{2}-\d{2}\.json$`)
	copyMark      = regexp.MustCompile(` ?\(\d+\)(\.[^.]+)$`)
	machineOutput = regexp.MustCompile(`^User[A-Z]`) // of Health Fitness Data_GoogleData: most of the bytes
	dateTail      = regexp.MustCompile(`[-_ ](\d{4}-\d{2}(-\d{2})?|\d+)$`)
)

// notShown are families of Fitbit's and Google's exports that hold no weight,
// body fat, height, calories or steps. Most of an archive's bytes are in them.
var notShown = []string{
	"Active Zone Minutes", "Computed Temperature", "Daily Heart Rate Variability Summary", "Daily Respiratory Rate Summary",
	"Daily Readiness Score", "Device Temperature", "Feed", "Food Logs", "Friends", "Groups", "Heart Rate Notifications Alerts",
	"Heart Rate Variability Details", "Minute SpO2", "Respiratory Rate Summary", "Stress Score", "Trackers", "Wrist Temperature",
	"active_minutes", "active_zone_minutes", "activity_goals", "activity_level", "altitude", "badge",
	"body_temperature", "calories_in_heart_rate_zone", "cardio_acute_observed_load", "cardio_load_observed_interval",
	"daily_heart_rate_variability", "daily_heart_rate_zones", "daily_oxygen_saturation", "daily_readiness",
	"daily_respiratory_rate", "daily_resting_heart_rate", "demographic_vo2_max", "distance", "estimated_oxygen_variation",
	"exercise", "floors", "food_logs", "gps_location", "heart_rate", "heart_rate_variability", "hydration_log", "lightly_active_minutes",
	"live_pace", "mindfulness_sessions", "moderately_active_minutes", "oxygen_saturation", "respiratory_rate_sleep_summary",
	"resting_heart_rate", "run_vo2_max", "sedentary_minutes", "sedentary_period", "sleep", "sleep_profile", "sleep_score", "swim_lengths_data",
	"time_in_heart_rate_zone", "time_in_heart_rate_zones", "very_active_minutes", "vo2_max", "water_logs",
}

// sortOut sorts a file by its path in an archive or folder.
func sortOut(name string) byName {
	name = strings.ReplaceAll(name, `\`, "/")
	base := copyMark.ReplaceAllString(path.Base(name), "$1")
	lower := strings.ToLower(base)
	stem := strings.TrimSuffix(base, path.Ext(base))
	extension := path.Ext(lower)
	if tail := dateTail.FindString(stem); tail != "" {
		stem = strings.TrimSuffix(stem, tail)
	}
	leave := func(reason, family string) byName { return byName{leftAlone, reason, printable(family, 40)} }
	switch {
	case strings.HasPrefix(base, "._") || strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/") || base == ".DS_Store":
		return leave(reasonJunk, "")
	case strings.Contains(name, "User Security Data/") || strings.Contains(name, "Account Changes/"):
		return leave(reasonPrivate, "")
	case strings.HasSuffix(lower, "readme.txt") || strings.HasPrefix(lower, "readme") || extension == ".html":
		return leave(reasonExplains, "")
	case extension == ".xls" || extension == ".xlsx" || extension == ".ods" || extension == ".numbers":
		return leave(reasonSheet, "")
	case base == "Profile.csv":
		return byName{sort: profileFile}
	case extension == ".zip" || extension == ".tgz" || extension == ".tar" || extension == ".gz":
		return byName{sort: packedArchive, reason: reasonNested, family: ""}
	}
	if m := classicName.FindStringSubmatch(base); m != nil {
		return byName{sort: map[string]sort{"weight": weightArray, "height": heightArray, "calories": caloriesArray, "steps": stepsArray}[m[1]]}
	}
	switch extension {
	case ".json", ".csv", ".tsv", ".txt":
	default:
		if extension == "" {
			return leave(reasonNoData, "without an ending")
		}
		return leave(reasonNoData, extension)
	}
	if machineOutput.MatchString(stem) {
		return leave(reasonNotShown, "User…")
	}
	if slices.Contains(notShown, stem) {
		return leave(reasonNotShown, stem)
	}
	switch {
	case extension == ".json":
		return byName{sort: unknownJSON, family: printable(stem, 40)}
	case stem == "height" && extension == ".csv":
		return byName{sort: googleHeights, family: stem}
	case stem == "weight" && extension == ".csv":
		return byName{sort: googleWeights, family: stem}
	default:
		return byName{sort: unknownTable, family: printable(stem, 40)}
	}
}
