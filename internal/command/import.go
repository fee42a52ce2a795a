package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitals/internal/health"
	"vitals/internal/takeout"
)

type importOptions struct {
	units, dates, person string
	asJSON               bool
}

func (c *cli) importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import PATH...",
		Short: "Read old data from archives of Google and Fitbit, and from CSV",
		Long: `Read old data from files: archives of Google Takeout and of Fitbit (zip, tgz or
unpacked, all parts of one), CSV with a date and a weight or body fat, exports of
Fitabase and iHealth. Importing the same again changes nothing, and readings that
the account has as well count once. It says for each file what was read.`,
		Example: `  vitals import takeout-001.zip takeout-002.zip
  vitals import weighings.csv --units lb --dates mdy`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("vitals import PATH...", "import takes the path of an archive, a folder or a CSV file")
			}
			return nil
		},
		ValidArgsFunction: fileArguments,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.importFiles(cmd.Context(), args, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.units, "units", "", "`unit` of weights whose file does not tell (or tells wrongly, for Fitbit's): "+importUnits.either())
	flags.StringVar(&o.dates, "dates", "", "`order` of dates like 02-03-2019, where the file leaves it open: "+importDates.either())
	flags.StringVar(&o.person, "person", "", "read only the rows of this `id`, of a file about several people")
	flags.BoolVar(&o.asJSON, "json", false, "as JSON")
	return cmd
}

// importer is one import under way.
type importer struct {
	*session
	importOptions
	paths []string
	order takeout.DateOrder
	files *takeout.Collection
}

func (c *cli) importFiles(ctx context.Context, paths []string, o importOptions) error {
	i := &importer{importOptions: o, paths: paths}
	if err := i.check(); err != nil {
		return err
	}
	tell, end := c.progress("reading", "MB")
	defer func() {
		if i.files != nil {
			_ = i.files.Close() // they were only read
		}
	}()
	s, err := c.openSession(ctx, func(s *session) (err error) {
		for k, path := range i.paths {
			i.paths[k] = s.expanded(path)
		}
		i.files, err = takeout.Open(ctx, i.paths, megabytes(tell))
		if err != nil && ctx.Err() == nil {
			return usage("", "%w", err)
		}
		return err
	})
	end()
	if err != nil {
		return err
	}
	defer s.Close()
	i.session = s
	zone, err := i.begin(ctx)
	if err != nil {
		return err
	}
	heights, err := s.store.Heights(ctx)
	if err != nil {
		return err
	}
	if own := s.settings().Display.HeightMetres; own > 0 && len(heights) == 0 {
		heights = []health.Height{{At: c.Now(), Metres: own}}
	}
	s.begin(importing)
	report, err := i.files.Read(ctx, takeout.Options{Zone: zone, Units: health.WeightUnit(o.units), Dates: i.order,
		Person: o.person, Heights: heights, Now: c.Now()}, s.store)
	s.end(importing)
	end()
	if err != nil {
		return err
	}
	if len(report.Totals) > 0 {
		judged, err := i.judged(ctx)
		if err != nil {
			return err
		}
		report.Notes = append(report.Notes, judged...)
	}
	if o.asJSON {
		err = i.printJSON(report)
	} else {
		err = i.print(report)
	}
	if err != nil {
		return err
	}
	return i.verdict(report)
}

// megabytes tells progress of megabytes in bytes.
func megabytes(tell func(done, total int64)) func(done, total int64) {
	const mega = 1_000_000
	return func(done, total int64) { tell(done/mega, total/mega) }
}

// check looks at the options alone.
func (i *importer) check() error {
	switch health.WeightUnit(i.units) {
	case "", health.Kilograms, health.Pounds, health.Stone:
	default:
		return usage(importUnits.either(), "%q is not a unit of weight", i.units)
	}
	order, ok := map[string]takeout.DateOrder{"": takeout.AnyOrder, "dmy": takeout.DayFirst, "mdy": takeout.MonthFirst}[i.dates]
	if !ok {
		return usage(importDates.either(), "%q is not an order of dates", i.dates)
	}
	i.order = order
	return nil
}

// begin makes sure that the files are of the person whose history this is, and
// returns the zone of their local times. What the archive knows of the account
// is kept where nothing better is known: whose it is, their name, its zone and its units.
func (i *importer) begin(ctx context.Context) (*time.Location, error) {
	lock := i.fetchLock()
	patient, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	if ok, err := lock.TryLockContext(patient, 200*time.Millisecond); !ok {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && patient.Err() == nil {
			return nil, fmt.Errorf("keeping others from fetching: %w", err)
		}
		return nil, failure{code: exitFailed, cause: errors.New("another vitals is fetching"), hint: "wait for it, or close it"}
	}
	defer lock.Unlock()
	person, err := i.store.Person(ctx)
	if err != nil {
		return nil, err
	}
	const apart = "import each person's into a history of their own: set VITALS_DATA_DIR"
	var owner takeout.Owner
	user := "" // whose archives these are
	for _, o := range i.files.Owners {
		switch {
		case user != "" && o.FitbitUserID != "" && o.FitbitUserID != user:
			return nil, usage(apart, "these archives belong to two people, Fitbit users %s and %s", user, o.FitbitUserID)
		case person.Identity.FitbitUserID != "" && o.FitbitUserID != "" && o.FitbitUserID != person.Identity.FitbitUserID:
			return nil, usage(apart, "this archive belongs to Fitbit user %s, and the history here to %s", o.FitbitUserID, person.Identity.FitbitUserID)
		}
		user = cmp.Or(user, o.FitbitUserID)
		if owner == (takeout.Owner{}) {
			owner = o
		}
	}
	if person.Identity == (health.Identity{}) && user != "" {
		if _, _, err := i.store.SaveIdentity(ctx, health.Identity{FitbitUserID: user}); err != nil {
			return nil, err
		}
	}
	if person.Profile == (health.Profile{}) && (owner.Name != "" || !owner.MemberSince.IsZero()) {
		if _, _, err := i.store.SaveProfile(ctx, health.Profile{Name: owner.Name, MemberSince: owner.MemberSince}); err != nil {
			return nil, err
		}
	}
	told, err := time.LoadLocation(owner.Zone)
	if owner.Zone == "" || owner.Zone == "Local" || err != nil {
		told, owner.Zone = nil, ""
	}
	if person.Settings == (health.Settings{}) && (owner.Zone != "" || owner.Units != "") {
		if _, _, err := i.store.SaveSettings(ctx, health.Settings{TimeZone: owner.Zone, Units: owner.Units}); err != nil {
			return nil, err
		}
	}
	if told != nil { // clocks on the wall showed the account's time, wherever its days are looked at
		return told, nil
	}
	if own := i.settings().Display.TimeZone; own != nil {
		return own, nil
	}
	if account, err := time.LoadLocation(person.Settings.TimeZone); err == nil && person.Settings.TimeZone != "" {
		return account, nil
	}
	i.env.say("times without a zone are read as those of this machine, %s; set time_zone under [display] if they are not", i.machine)
	return i.machine, nil
}

// judged says which of all readings out of files do not count, and why.
func (i *importer) judged(ctx context.Context) ([]string, error) {
	weighings, err := i.store.Weighings(ctx)
	if err != nil {
		return nil, err
	}
	var notes []string
	copies, held := 0, map[health.Reason]int{}
	for _, j := range health.Judge(weighings, i.env.Now()) {
		switch {
		case j.Source.Via == "":
		case j.Verdict == health.Mirror:
			copies++
		case j.Verdict == health.HeldBack:
			held[j.Reason]++
		}
	}
	fats, err := i.store.BodyFats(ctx)
	if err != nil {
		return nil, err
	}
	nobodys := 0
	for _, f := range fats {
		if f.Source.Via != "" && f.Reason() != "" {
			nobodys++
		}
	}
	if copies > 0 {
		notes = append(notes, fmt.Sprintf("%s told by other files or the account, too: each counts once", countOf(copies, "weigh-ins")))
	}
	for _, reason := range slices.Sorted(maps.Keys(held)) {
		notes = append(notes, fmt.Sprintf("%s held back: %s (x in the dashboard takes one in)", countOf(held[reason], "weigh-ins"), reason))
	}
	if nobodys > 0 {
		notes = append(notes, fmt.Sprintf("%s held back: %s", countOf(nobodys, "body fat readings"), health.NotBodyFat))
	}
	return notes, nil
}

// verdict turns the report into the command's own result, and tells what failed.
func (i *importer) verdict(report takeout.Report) error {
	failed, asked, read := 0, 0, 0
	var flags []string
	for _, f := range report.Files {
		if !f.Failed {
			read++
			continue
		}
		failed++
		if f.Ask != "" && f.Read() == 0 {
			asked++
		}
		if flag := f.Ask + map[string]string{"--units": " kg, lb or st", "--dates": " dmy or mdy", "--person": " ID"}[f.Ask]; f.Ask != "" && !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
		if f.Read() > 0 {
			read++
		}
		i.env.say("error: %s: %s", f.Path, f.Problem)
	}
	if len(flags) > 0 {
		i.env.say("hint: import it again with %s", strings.Join(flags, " and "))
	}
	switch {
	case read == 0 && failed == 0:
		return failure{code: exitFailed, cause: errors.New("nothing there is of a kind that vitals reads"), hint: "vitals import --help says what is"}
	case read == 0 && asked == failed:
		return failure{code: exitUsage}
	case read == 0:
		return failure{code: exitFailed}
	case failed > 0:
		return failure{code: exitPartly}
	default:
		return nil
	}
}
