<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology|Labeling" labelsEnabled="1">
<renderer-v2 type="categorizedSymbol" attr='CASE WHEN "shown" THEN "colour" % 8 END' enableorderby="0" forceraster="0">
<categories>
<category value="0" symbol="0" label="Color 1" render="true"/>
<category value="1" symbol="1" label="Color 2" render="true"/>
<category value="2" symbol="2" label="Color 3" render="true"/>
<category value="3" symbol="3" label="Color 4" render="true"/>
<category value="4" symbol="4" label="Color 5" render="true"/>
<category value="5" symbol="5" label="Color 6" render="true"/>
<category value="6" symbol="6" label="Color 7" render="true"/>
<category value="7" symbol="7" label="Color 8" render="true"/>
</categories>
<symbols>
<symbol name="0" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="0,114,178,90" type="QString"/>
<Option name="outline_color" value="0,114,178,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="1" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="230,159,0,90" type="QString"/>
<Option name="outline_color" value="230,159,0,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="2" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="0,158,115,90" type="QString"/>
<Option name="outline_color" value="0,158,115,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="3" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="204,121,167,90" type="QString"/>
<Option name="outline_color" value="204,121,167,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="4" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="86,180,233,90" type="QString"/>
<Option name="outline_color" value="86,180,233,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="5" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="213,94,0,90" type="QString"/>
<Option name="outline_color" value="213,94,0,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="6" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="240,228,66,90" type="QString"/>
<Option name="outline_color" value="240,228,66,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="7" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="153,153,153,90" type="QString"/>
<Option name="outline_color" value="153,153,153,255" type="QString"/>
<Option name="outline_style" value="solid" type="QString"/>
<Option name="outline_width" value="0.6" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="solid" type="QString"/>
</Option>
</layer>
</symbol>
</symbols>
</renderer-v2>
<labeling type="simple">
<settings calloutType="simple">
<text-style fieldName='CASE WHEN "shown" THEN "zone" END' isExpression="1" fontSize="14" fontSizeUnit="Point" fontWeight="75" textColor="35,41,48,255">
<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="255,255,255,255"/>
</text-style>
<rendering obstacle="0"/>
</settings>
</labeling>
</qgis>
